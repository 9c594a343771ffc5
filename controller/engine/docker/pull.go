package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"

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
		return prefix("pull "+ref, err)
	}
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	p := pull{ref: ref, registry: reference.Domain(named), progress: progress}
	// The engine sends its header with the first line, so the silence counts from the request on.
	pullCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(e.opts.StallTimeout, func() {
		cancel(fail(engine.ErrStalled, "pull %s: no data for %s from registry %s", ref, e.opts.StallTimeout, p.registry))
	})
	defer watch.Stop()

	body, err := cli.ImagePull(pullCtx, ref, image.PullOptions{RegistryAuth: auth})
	if err == nil {
		defer body.Close()
		err = p.follow(&alive{body, func() { watch.Reset(e.opts.StallTimeout) }})
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

// alive tells of each byte that arrives.
type alive struct {
	io.Reader
	beat func()
}

func (a *alive) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if n > 0 {
		a.beat()
	}
	return n, err
}

type pull struct {
	ref, registry string
	progress      func(engine.Progress)
}

// remoteError is an error that the registry, or the way to it, caused: it came in the stream.
type remoteError struct{ text string }

func (r *remoteError) Error() string { return r.text }

// follow reads the stream to its end: the image is there only then, and errors come in it.
func (p *pull) follow(body io.Reader) error {
	lines, sums := json.NewDecoder(body), layers{}
	for {
		var m message
		switch err := lines.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the engine's answer: %w", err)
		}
		if text := m.failure(); text != "" {
			return &remoteError{text}
		}
		if sum, changed := sums.add(&m); changed && p.progress != nil {
			p.progress(sum)
		}
	}
}
