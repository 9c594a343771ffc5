package main

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// running reports whether a controller of the instance runs, and is the client of its socket. The lock alone does not say
// it: apply and down hold it too, and answer nobody.
func (g *globals) running() (*server.Client, bool) {
	client := server.NewClient(g.instanceDir())
	if status.LockedBy(g.instanceDir()) == 0 {
		return client, false
	}
	conn, err := server.Dial(context.Background(), server.SocketPath(g.instanceDir()))
	if err != nil {
		return client, false
	}
	return client, conn.Close() == nil
}

// startingFor is how long a process that holds the lock is given to open its socket.
const startingFor = 5 * time.Second

// starting is running for a controller that may have been started just now.
func (g *globals) starting(ctx context.Context) (*server.Client, bool) {
	for began := time.Now(); ; {
		client, ok := g.running()
		if ok || time.Since(began) > startingFor || status.LockedBy(g.instanceDir()) == 0 || sleep(ctx, findEvery) != nil {
			return client, ok
		}
	}
}

// fellBack says once where the answer comes from when no controller runs.
func (g *globals) fellBack() {
	fmt.Fprintf(stderr, "no controller of instance %q runs: this is what the engine and the manifests say\n", g.instance)
}

// sayLate says what a controller's answer waits for, unless the returned function is called soon.
func sayLate() (stop func()) {
	late := time.AfterFunc(quietWait, func() {
		fmt.Fprintln(stderr, "waiting for the running controller: it is starting, or a file of the manifests is being written")
	})
	return func() { late.Stop() }
}

// workspaces are all workspaces: the running controller's word, or else what the engine and the manifests say.
func (g *globals) workspaces(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	if client, ok := g.running(); ok {
		defer sayLate()()
		list, err := client.ListSettled(ctx, secrets)
		if err != nil {
			return nil, err
		}
		return list.Items, nil
	}
	list, err := g.previewed(ctx, secrets)
	if err == nil {
		g.fellBack()
	}
	return list, err
}

func (g *globals) previewed(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	previewed, _, err := g.preview(ctx, loopFlags{})
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.Workspace, 0, len(previewed))
	for _, p := range previewed {
		ws := p.Workspace
		if !secrets {
			ws = ws.Masked()
		}
		out = append(out, *ws)
	}
	return out, nil
}

// pollEvery is how often the engine and the manifests are asked where no controller tells.
const pollEvery = time.Second

// watch calls changed for each workspace and then for each change, until changed returns false or ctx ends.
func (g *globals) watch(ctx context.Context, secrets bool, changed func(server.Change) bool) error {
	if client, ok := g.running(); ok {
		return client.Watch(ctx, secrets, changed)
	}
	g.fellBack()
	before := map[string]*v1alpha1.Workspace{}
	for {
		list, err := g.previewed(ctx, secrets)
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
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// events are the recent events, from the running controller or from what the last one kept.
func (g *globals) events(ctx context.Context, workspace string) ([]v1alpha1.Event, error) {
	if client, ok := g.running(); ok {
		defer sayLate()()
		return client.Events(ctx, workspace)
	}
	kept, err := status.OpenEvents(g.instanceDir(), nil)
	return kept.List(workspace), err
}
