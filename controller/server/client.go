package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Client asks a running controller.
type Client struct{ http *http.Client }

// NewClient makes a client of the controller whose state is kept in dir. It connects on the first call.
func NewClient(dir string) *Client { return &Client{http: dialer(SocketPath(dir))} }

// List returns all workspaces.
func (c *Client) List(ctx context.Context) (*v1alpha1.WorkspaceList, error) {
	body, err := c.do(ctx, http.MethodGet, pathWorkspaces)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	var list v1alpha1.WorkspaceList
	if err := json.NewDecoder(body).Decode(&list); err != nil {
		return nil, fmt.Errorf("read the controller's answer: %w", err)
	}
	return &list, nil
}

// Apply asks for a rescan and calls update for each line of the answer; the last one is settled.
func (c *Client) Apply(ctx context.Context, update func(ApplyUpdate)) error {
	body, err := c.do(ctx, http.MethodPost, pathApply)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	lines := json.NewDecoder(body)
	for {
		var u ApplyUpdate
		err := lines.Decode(&u)
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("follow the controller: it ended before the pass was over")
		case err != nil:
			return fmt.Errorf("follow the controller: %w", err)
		}
		update(u)
		if u.Settled {
			return nil
		}
	}
}

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
		return nil, fmt.Errorf("the controller answered %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	return res.Body, nil
}
