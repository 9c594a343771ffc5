package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Pull fetches an image with the user's credentials.
func (e *Engine) Pull(ctx context.Context, ref string, progress func(engine.Progress)) error {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return fail(engine.ErrInvalid, "pull %s: not an image reference: %v", ref, err)
	}
	auth, err := e.registryAuth(ctx, named)
	if err != nil {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	p := pull{ref: ref, registry: reference.Domain(named), progress: progress}
	// The engine sends its header with the first line, so the time without data counts from the request on.
	pullCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(e.opts.StallTimeout, func() {
		cancel(fail(engine.ErrStalled, "pull %s: no data for %s from registry %s", ref, e.opts.StallTimeout, p.registry))
	})
	defer watch.Stop()

	body, err := cli.ImagePull(pullCtx, ref, image.PullOptions{RegistryAuth: auth})
	if err == nil {
		defer body.Close()
		err = p.follow(&watchedReader{body, func() { watch.Reset(e.opts.StallTimeout) }})
	}
	if err == nil {
		return nil
	}
	var stalled *failure
	if ctx.Err() == nil && errors.As(context.Cause(pullCtx), &stalled) {
		return stalled
	}
	return p.translate(ctx, e, err)
}

// watchedReader calls received whenever data arrives.
type watchedReader struct {
	io.Reader
	received func()
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 {
		r.received()
	}
	return n, err
}

type pull struct {
	ref, registry string
	progress      func(engine.Progress)
}

// remoteError is an error in the stream: the registry, or the connection to it, caused it.
type remoteError struct{ text string }

func (r *remoteError) Error() string { return r.text }

// pullMessage is one line of a pull's stream. Some engines have an error without details.
type pullMessage struct {
	jsonmessage.JSONMessage
	ErrorText string `json:"error"`
}

// follow reads the stream to its end: only then is the image complete, and errors come in the stream.
func (p *pull) follow(body io.Reader) error {
	lines, sums := json.NewDecoder(body), layers{}
	for {
		var m pullMessage
		switch err := lines.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the engine's answer: %w", err)
		}
		if m.Error != nil && m.Error.Message != "" {
			return &remoteError{m.Error.Message}
		}
		if m.ErrorText != "" {
			return &remoteError{m.ErrorText}
		}
		if sum, changed := sums.add(&m); changed && p.progress != nil {
			p.progress(sum)
		}
	}
}

// layers adds up the downloads of a pull's layers.
type layers map[string]engine.Progress

// add returns the new sums, and whether they differ from the last ones.
func (l layers) add(m *pullMessage) (engine.Progress, bool) {
	before, known := l[m.ID]
	after := before
	switch m.Status {
	case "Downloading":
		if m.Progress != nil {
			after = engine.Progress{Current: m.Progress.Current, Total: m.Progress.Total}
		}
	case "Download complete", "Pull complete":
		// The last report before the end may be of less than the total.
		after.Current = after.Total
	default:
		// Extracting counts the same bytes again.
		return engine.Progress{}, false
	}
	if m.ID == "" || (known && before == after) {
		return engine.Progress{}, false
	}
	l[m.ID] = after
	var sum engine.Progress
	for _, p := range l {
		sum.Current += p.Current
		sum.Total += p.Total
	}
	return sum, true
}

// networkCause matches the last part of an error's text, which is the reason why a registry was not reached.
var networkCause = regexp.MustCompile(`(no such host|connection refused|network is unreachable|no route to host|i/o timeout|` +
	`request canceled while waiting for connection|Client\.Timeout exceeded[^:]*|context deadline exceeded|server misbehaving|` +
	`connection reset by peer|server gave HTTP response to HTTPS client|(?:tls|x509): .*)$`)

// translate classifies an error of a pull by its text: engines do not pass on the registry's status code.
func (p *pull) translate(ctx context.Context, e *Engine, err error) error {
	var remote *remoteError
	if ctx.Err() != nil || (!errors.As(err, &remote) && unreachable(err)) {
		return e.translate(ctx, "pull "+p.ref, err)
	}
	text := clean(err.Error())
	lower := strings.ToLower(text)
	says := func(signs ...string) bool {
		for _, s := range signs {
			if strings.Contains(lower, s) {
				return true
			}
		}
		return false
	}
	login := "docker login " + p.registry
	if p.registry == hubDomain {
		login = "docker login"
	}
	switch {
	case says("toomanyrequests", "too many requests", "rate limit"):
		return fail(nil, "pull %s: registry %s limits the rate of pulls: run `%s`, or wait", p.ref, p.registry, login)
	case says("repository does not exist or may require"):
		// Docker Hub does not distinguish private images from missing ones. Misspelt names are more frequent.
		return fail(engine.ErrImageNotFound, "image %s not found in registry %s: check the name, or run `%s` where it is private",
			p.ref, p.registry, login)
	case says("unauthorized", "no basic auth credentials", "authentication required", "denied", "incorrect username or password", "401 ", "403 "):
		return fail(engine.ErrUnauthorized, "pull %s: registry %s refuses these credentials: run `%s`", p.ref, p.registry, login)
	case says("no matching manifest", "does not match the specified platform"):
		return fail(engine.ErrImageNotFound, "image %s in registry %s has no variant for this machine: %s", p.ref, p.registry, text)
	case says("manifest unknown", "name unknown", "not found", "404 "):
		return fail(engine.ErrImageNotFound, "image %s not found in registry %s", p.ref, p.registry)
	}
	if cause := networkCause.FindString(text); cause != "" {
		return fail(nil, "pull %s: cannot reach registry %s: %s", p.ref, p.registry, cause)
	}
	return e.translate(ctx, "pull "+p.ref, err)
}
