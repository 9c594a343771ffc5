package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Client sends requests to a running controller.
type Client struct{ http *http.Client }

// NewClient makes a client of the controller whose state is kept in dir. It connects on the first call.
func NewClient(dir string) *Client { return &Client{http: dialer(SocketPath(dir))} }

// ListSettled is List after a read of the manifests that begins now and finds no file that is being written.
func (c *Client) ListSettled(ctx context.Context, secrets bool) (*v1alpha1.WorkspaceList, error) {
	var list v1alpha1.WorkspaceList
	return &list, c.read(ctx, pathWorkspaces+query("settled", "true", "secrets", fmt.Sprint(secrets)), &list)
}

// List returns all workspaces, with values that look secret if secrets is set.
func (c *Client) List(ctx context.Context, secrets bool) (*v1alpha1.WorkspaceList, error) {
	var list v1alpha1.WorkspaceList
	return &list, c.read(ctx, pathWorkspaces+query("secrets", fmt.Sprint(secrets)), &list)
}

// About returns the controller's description.
func (c *Client) About(ctx context.Context) (About, error) {
	var about About
	err := c.read(ctx, pathController, &about)
	return about, err
}

// Events returns the recent events of a workspace, or all where workspace is empty, those of a settled read too; the newest last.
func (c *Client) Events(ctx context.Context, workspace string) ([]status.Event, error) {
	var list status.EventList
	err := c.read(ctx, pathEvents+query("workspace", workspace, "settled", "true"), &list)
	return list.Items, err
}

// WatchEvents calls found for each recent event and then for each new one, until ctx or the controller ends.
func (c *Client) WatchEvents(ctx context.Context, workspace string, found func(status.Event)) error {
	return follow(c, ctx, http.MethodGet, pathEvents+query("watch", "true", "workspace", workspace), func(e status.Event) bool {
		found(e)
		return true
	})
}

// Watch calls changed for each workspace and then for each change, until changed returns false or ctx or the controller ends.
func (c *Client) Watch(ctx context.Context, secrets bool, changed func(Change) bool) error {
	return follow(c, ctx, http.MethodGet, pathWorkspaces+query("watch", "true", "secrets", fmt.Sprint(secrets)), changed)
}

// Apply requests a rescan and calls update for each line of the answer, of which the last is settled. allowEmpty confirms that the
// manifests are meant to leave no workspace.
func (c *Client) Apply(ctx context.Context, allowEmpty bool, update func(ApplyUpdate)) error {
	return follow(c, ctx, http.MethodPost, pathApply+query("allowEmpty", fmt.Sprint(allowEmpty)), func(u ApplyUpdate) bool {
		update(u)
		return !u.Settled
	})
}

// Restart requests a restart of a workspace; by names the user.
func (c *Client) Restart(ctx context.Context, workspace, by string) error {
	return c.ask(ctx, workspace, "restart", "by", by)
}

// Recreate requests a replacement of a workspace's container, and a pull of its image first if pull is set; by names the user.
func (c *Client) Recreate(ctx context.Context, workspace, by string, pull bool) error {
	return c.ask(ctx, workspace, "recreate", "by", by, "pull", fmt.Sprint(pull))
}

// Remove requests the removal of a workspace that has no manifest; by names the user.
func (c *Client) Remove(ctx context.Context, workspace, by string) error {
	return c.ask(ctx, workspace, "remove", "by", by)
}

// Approve approves the host paths that a workspace's manifest waits for, and returns them; by names the user.
func (c *Client) Approve(ctx context.Context, workspace, by string) ([]string, error) {
	body, err := c.do(ctx, http.MethodPost, pathWorkspaces+"/"+url.PathEscape(workspace)+"/approve"+query("by", by))
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	var answer approved
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read the controller's answer: %w", err)
	}
	return answer.Paths, nil
}

func (c *Client) ask(ctx context.Context, workspace, what string, pairs ...string) error {
	pairs = append(pairs, "settled", "true")
	body, err := c.do(ctx, http.MethodPost, pathWorkspaces+"/"+url.PathEscape(workspace)+"/"+what+query(pairs...))
	if err != nil {
		return err
	}
	return body.Close()
}

func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return "?" + values.Encode()
}

func (c *Client) read(ctx context.Context, path string, into any) error {
	body, err := c.do(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("read the controller's answer: %w", err)
	}
	return nil
}

// follow reads a stream of lines until next returns false.
func follow[T any](c *Client, ctx context.Context, method, path string, next func(T) bool) error {
	body, err := c.do(ctx, method, path)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	in := json.NewDecoder(body)
	for {
		var line T
		err := in.Decode(&line)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("follow the controller: it ended")
		case err != nil:
			return fmt.Errorf("follow the controller: %w", err)
		}
		if !next(line) {
			return nil
		}
	}
}

// Refused is a request that the controller has refused.
type Refused struct{ Message string }

// Error is the controller's reason.
func (e *Refused) Error() string { return e.Message }

func (c *Client) do(ctx context.Context, method, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://controller"+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the controller: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		defer func() { _ = res.Body.Close() }()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		if message := strings.TrimSpace(string(text)); message != "" {
			return nil, &Refused{message}
		}
		return nil, fmt.Errorf("the controller answered %s", res.Status)
	}
	return res.Body, nil
}
