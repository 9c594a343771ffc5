package enginetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/distribution/reference"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// ImageOptions describe an image.
type ImageOptions struct {
	// ID of the image; default: one derived from the reference.
	ID string
	// Volumes are the targets that the image declares as volumes.
	Volumes []string
	// Command is what a container without a command of its own runs.
	Command []string
	// Unstartable is the reason why no container of this image starts; "" where they do.
	Unstartable string
}

type image struct {
	id   string
	opts ImageOptions
}

// remote is an image in a registry.
type remote struct {
	opts ImageOptions
	err  error
	gate <-chan struct{}
}

// normal is the full form of a reference, or the reference itself where it is none, such as an id.
func normal(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ref
	}
	return reference.TagNameOnly(named).String()
}

// AddImage makes an image present. It replaces one of the same reference, as a pull of a moved tag does.
func (m *Memory) AddImage(ref string, opts ImageOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addImage(ref, opts)
}

func (m *Memory) addImage(ref string, opts ImageOptions) {
	if opts.ID == "" {
		opts.ID = "sha256:" + imageDigest(normal(ref))
	}
	img := &image{id: opts.ID, opts: opts}
	m.images[normal(ref)] = img
	m.images[opts.ID] = img
}

// RemoveImage makes an image absent; containers keep theirs.
func (m *Memory) RemoveImage(ref string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if img := m.images[normal(ref)]; img != nil {
		delete(m.images, img.id)
	}
	delete(m.images, normal(ref))
}

// AddPullable puts an image in the registry.
func (m *Memory) AddPullable(ref string, opts ImageOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(ref).opts, m.at(ref).err = opts, nil
}

// FailPull makes pulls of ref fail with err until AddPullable.
func (m *Memory) FailPull(ref string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(ref).err = err
}

// HoldPull makes pulls of ref wait until gate is closed; nil lets them through.
func (m *Memory) HoldPull(ref string, gate <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(ref).gate = gate
}

func (m *Memory) at(ref string) *remote {
	r := m.registry[normal(ref)]
	if r == nil {
		r = &remote{}
		m.registry[normal(ref)] = r
	}
	return r
}

// Image implements engine.Reader.
func (m *Memory) Image(ctx context.Context, ref string) (img engine.Image, err error) {
	err = m.read(ctx, "Image", func() error {
		found := m.images[normal(ref)]
		if found == nil {
			return missingImage(ref)
		}
		img.ID = found.id
		return nil
	}, ref)
	return img, err
}

// Pull implements engine.Writer: one layer of 100 bytes.
func (m *Memory) Pull(ctx context.Context, ref string, progress func(engine.Progress)) error {
	return m.call(ctx, Call{Op: "Pull", Args: []string{ref}, Mutating: true}, func() error {
		m.mu.Lock()
		known := m.registry[normal(ref)]
		if known == nil {
			m.mu.Unlock()
			return fmt.Errorf("image %s not found in the registry: %w", ref, engine.ErrImageNotFound)
		}
		r := *known
		m.mu.Unlock()
		report := func(current int64) {
			if progress != nil {
				progress(engine.Progress{Current: current, Total: 100})
			}
		}
		if r.gate != nil {
			report(1)
			if _, err := m.await(ctx, r.gate, -1); err != nil {
				return fmt.Errorf("pull %s: %w", ref, err)
			}
		}
		if r.err != nil {
			return r.err
		}
		report(100)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.addImage(ref, r.opts)
		return nil
	})
}

func imageDigest(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return hex.EncodeToString(sum[:])
}

func missingImage(ref string) error {
	return &classified{text: "image " + ref + " is not present", class: engine.ErrImageMissing}
}

// classified keeps the class out of a text that says it already.
type classified struct {
	text  string
	class error
}

func (c *classified) Error() string { return c.text }
func (c *classified) Unwrap() error { return c.class }
