package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// presentFor is how long it is believed that an image is there: long enough for fifty workspaces of one image to ask once.
const presentFor = 5 * time.Second

// images remembers for a moment which images are present, and pulls each once however many workspaces wait for it.
type images struct {
	engine engine.Engine

	mu    sync.Mutex
	until map[string]time.Time
	asks  singleflight.Group
	pulls map[string]*pull
}

func newImages(e engine.Engine) *images {
	return &images{engine: e, until: map[string]time.Time{}, pulls: map[string]*pull{}}
}

func (i *images) present(ctx context.Context, ref string) (bool, error) {
	i.mu.Lock()
	believed := time.Now().Before(i.until[ref])
	i.mu.Unlock()
	if believed {
		return true, nil
	}
	_, err, _ := i.asks.Do(ref, func() (any, error) {
		_, err := i.engine.Image(ctx, ref)
		if err == nil {
			i.believe(ref)
		}
		return nil, err
	})
	if errors.Is(err, engine.ErrImageNotFound) || errors.Is(err, engine.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (i *images) believe(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.until[ref] = time.Now().Add(presentFor)
}

// forget that an image is present: the engine just said that it is not.
func (i *images) forget(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.until, ref)
}

// pull is a pull in progress; it ends when the last of those who wait for it goes away.
type pull struct {
	done    chan struct{}
	err     error
	cancel  context.CancelFunc
	waiting int
	follow  []func(engine.Progress)
}

// pull fetches an image, together with everybody else who wants it.
func (i *images) pull(ctx context.Context, ref string, progress func(engine.Progress)) error {
	i.mu.Lock()
	p := i.pulls[ref]
	if p == nil {
		p = &pull{done: make(chan struct{})}
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		p.cancel = cancel
		i.pulls[ref] = p
		go i.run(shared, ref, p)
	}
	p.waiting++
	p.follow = append(p.follow, progress)
	i.mu.Unlock()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
	}
	i.mu.Lock()
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
		follow := p.follow
		i.mu.Unlock()
		for _, f := range follow {
			f(progress)
		}
	})
	p.cancel()
	if p.err == nil {
		i.believe(ref)
	}
	i.mu.Lock()
	if i.pulls[ref] == p {
		delete(i.pulls, ref)
	}
	i.mu.Unlock()
	close(p.done)
}
