package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// local is this process, for an instance without a running controller.
type local struct{ *globals }

// noticeLocal prints where the answer comes from.
func (l local) noticeLocal() {
	fmt.Fprintf(l.Err, "no controller of instance %q runs: this is what the engine and the manifests show\n",
		l.instance)
}

func (l local) Workspaces(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	list, err := l.previewed(ctx, secrets)
	if err == nil {
		l.noticeLocal()
	}
	return list, err
}

func (l local) previewed(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	previewed, _, err := l.preview(ctx, loopFlags{})
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.Workspace, 0, len(previewed))
	for _, p := range previewed {
		ws := p.Workspace
		if !secrets {
			ws = specdiff.Masked(ws)
		}
		out = append(out, *ws)
	}
	return out, nil
}

// pollEvery is how often Watch inspects the engine and the manifests.
const pollEvery = time.Second

func (l local) Watch(ctx context.Context, secrets bool, changed func(server.Change) bool) error {
	l.noticeLocal()
	before := map[string]*v1alpha1.Workspace{}
	for {
		list, err := l.previewed(ctx, secrets)
		if err != nil {
			return err
		}
		now := map[string]*v1alpha1.Workspace{}
		for i := range list {
			ws := &list[i]
			now[ws.Name] = ws
			kind := server.Modified
			if before[ws.Name] == nil {
				kind = server.Added
			} else if reflect.DeepEqual(before[ws.Name].Status, ws.Status) {
				continue
			}
			if !changed(server.Change{Type: kind, Object: ws}) {
				return nil
			}
		}
		for name, ws := range before {
			if now[name] == nil && !changed(server.Change{Type: server.Deleted, Object: ws}) {
				return nil
			}
		}
		before = now
		if err := pause.For(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// Events lists what the last controller persisted.
func (l local) Events(_ context.Context, workspace string) ([]status.Event, error) {
	persisted, err := status.OpenEvents(l.instanceDir(), nil)
	return persisted.List(workspace), err
}

func (l local) WatchEvents(context.Context, string, func(status.Event)) error {
	return errors.New("no controller runs that could report new events: start one with dual-reconciler run")
}
