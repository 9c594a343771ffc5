package controller

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// presentFor is how long an image counts as present: long enough for fifty workspaces of one image to ask once.
const presentFor = 5 * time.Second

// images remember for a moment which images are present, and pull each once even if many workspaces wait for it.
type images struct {
	engine engine.Engine

	mu    sync.Mutex
	known map[string]knownImage
	asks  singleflight.Group
	pulls map[string]*pull
}

// knownImage is what a reference meant, and until when that counts.
type knownImage struct {
	id    string
	until time.Time
}

func newImages(e engine.Engine) *images {
	return &images{engine: e, known: map[string]knownImage{}, pulls: map[string]*pull{}}
}

// id returns the image that a reference means; "" if it is not present.
func (i *images) id(ctx context.Context, ref string) (string, error) {
	i.mu.Lock()
	known := i.known[ref]
	i.mu.Unlock()
	if time.Now().Before(known.until) {
		return known.id, nil
	}
	id, err, _ := i.asks.Do(ref, func() (any, error) {
		image, err := i.engine.Image(ctx, ref)
		if err == nil {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.known[ref] = knownImage{id: image.ID, until: time.Now().Add(presentFor)}
		}
		return image.ID, err
	})
	if errors.Is(err, engine.ErrImageNotFound) || errors.Is(err, engine.ErrNotFound) {
		return "", nil
	}
	return id.(string), err
}

// forget drops what a reference meant: it may mean another image now, or none.
func (i *images) forget(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.known, ref)
}

// pull is a pull in progress. It is canceled when the last waiter leaves.
type pull struct {
	done    chan struct{}
	err     error
	cancel  context.CancelFunc
	waiting int
	follow  map[*follower]bool
}

// follower receives the progress of a pull while it waits for the pull.
type follower struct{ progress func(engine.Progress) }

// pull pulls an image, together with all other workspaces that need it.
func (i *images) pull(ctx context.Context, ref string, progress func(engine.Progress)) error {
	i.mu.Lock()
	p := i.pulls[ref]
	if p == nil {
		p = &pull{done: make(chan struct{}), follow: map[*follower]bool{}}
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.cancel = cancel
		i.pulls[ref] = p
		go i.run(shared, ref, p)
	}
	p.waiting++
	f := &follower{progress}
	p.follow[f] = true
	i.mu.Unlock()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
	}
	i.mu.Lock()
	delete(p.follow, f)
	p.waiting--
	if p.waiting == 0 {
		p.cancel()
		if i.pulls[ref] == p {
			delete(i.pulls, ref)
		}
	}
	last := p.waiting == 0
	i.mu.Unlock()
	if last {
		<-p.done
	}
	return ctx.Err()
}

func (i *images) run(ctx context.Context, ref string, p *pull) {
	p.err = i.engine.Pull(ctx, ref, func(progress engine.Progress) {
		i.mu.Lock()
		follow := slices.Collect(maps.Keys(p.follow))
		i.mu.Unlock()
		for _, f := range follow {
			f.progress(progress)
		}
	})
	p.cancel()
	i.forget(ref) // It means another image now.
	i.mu.Lock()
	if i.pulls[ref] == p {
		delete(i.pulls, ref)
	}
	i.mu.Unlock()
	close(p.done)
}
