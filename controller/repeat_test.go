package controller

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// deaf is an engine that takes some calls without doing anything.
type deaf struct {
	engine.Engine
	calls map[string]int
}

func (d *deaf) Update(context.Context, string, engine.Limits) error {
	d.calls["update"]++
	return nil
}

func (d *deaf) Connect(context.Context, string, string) error {
	d.calls["connect"]++
	return nil
}

func (d *deaf) Unpause(context.Context, string) error {
	d.calls["unpause"]++
	return nil
}

// An engine that does not take what it is told makes no hot loop: each repetition counts as a failure.
func TestWhatTheEngineDoesNotTakeBacksOff(t *testing.T) {
	for call, c := range map[string]struct {
		reason string
		drift  func(*rig) error
	}{
		"update": {v1alpha1.ReasonUpdateFailed, func(r *rig) error {
			return r.engine.Operator().Update("dual-web", engine.Limits{Memory: 64 << 20}, false)
		}},
		"connect": {v1alpha1.ReasonUpdateFailed, func(r *rig) error { return r.engine.Operator().Disconnect("dual-web", "bridge") }},
		"unpause": {v1alpha1.ReasonUpdateFailed, func(r *rig) error { return r.engine.Operator().Pause("dual-web") }},
	} {
		t.Run(call, func(t *testing.T) {
			bubble(t, func(r *rig) {
				d := &deaf{Engine: r.engine, calls: map[string]int{}}
				r.through = d
				r.source.set("web", image("a:1"))
				r.start()
				r.apply()
				if err := c.drift(r); err != nil {
					t.Fatal(err)
				}
				r.rest(10 * time.Second)
				if n := d.calls[call]; n < 2 || n > 6 {
					t.Errorf("%d calls within ten seconds", n)
				}
				r.wantReady("web", c.reason)
				r.rest(time.Hour)
				if n := d.calls[call]; n > 25 {
					t.Errorf("%d calls within an hour", n)
				}
				r.through = r.engine
				if err := errors.Join(r.engine.Unpause(t.Context(), "dual-web"), r.engine.Connect(t.Context(), "dual-web", "bridge"),
					r.engine.Update(t.Context(), "dual-web", engine.Limits{})); err != nil {
					t.Fatal(err)
				}
				r.rest(6 * time.Minute)
				r.wantReady("web", "+Running")
				if f := r.records.store.Get("web").Memory.Failures; len(f) != 0 {
					t.Errorf("failures of a converged workspace: %+v", f)
				}
			})
		})
	}
}

// Drift that comes back after it was healed is healed again at once.
func TestDriftThatComesBackIsNoRepetition(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.set("web", image("a:1"))
		r.start()
		r.apply()
		for range 10 {
			if err := r.engine.Operator().Pause("dual-web"); err != nil {
				t.Fatal(err)
			}
			r.rest(time.Second)
			r.want("dual-web:running")
			r.wantReady("web", "+Running")
		}
	})
}
