package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// remote is the running controller.
type remote struct {
	*globals
	client *server.Client
}

// noticeAfter is how long a verb waits silently before it prints what it waits for.
const noticeAfter = 500 * time.Millisecond

// noticeWait prints why the controller does not answer yet, unless stop is called soon.
func (r remote) noticeWait() (stop func()) {
	late := time.AfterFunc(noticeAfter, func() {
		fmt.Fprintln(r.Err, "waiting for the running controller: it is starting, or a file of the manifests is being written")
	})
	return func() { late.Stop() }
}

func (r remote) Workspaces(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	defer r.noticeWait()()
	list, err := r.client.ListSettled(ctx, secrets)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func (r remote) Watch(ctx context.Context, secrets bool, changed func(server.Change) bool) error {
	return r.client.Watch(ctx, secrets, changed)
}

func (r remote) Events(ctx context.Context, workspace string) ([]status.Event, error) {
	defer r.noticeWait()()
	return r.client.Events(ctx, workspace)
}

func (r remote) WatchEvents(ctx context.Context, workspace string, found func(status.Event)) error {
	return r.client.WatchEvents(ctx, workspace, found)
}

func (r remote) Restart(ctx context.Context, names []string, _ bool, done report) error {
	return r.request(names, "restart", done, func(name string) error { return r.client.Restart(ctx, name, whoAmI()) })
}

func (r remote) Recreate(ctx context.Context, names []string, pull, _ bool, done report) error {
	return r.request(names, "recreate", done, func(name string) error {
		return r.client.Recreate(ctx, name, whoAmI(), pull)
	})
}

func (r remote) Approve(ctx context.Context, names []string, done report) error {
	for _, name := range names {
		paths, err := r.client.Approve(ctx, name, whoAmI())
		if err != nil {
			return err
		}
		done(name, "approved: "+strings.Join(paths, ", "))
	}
	return nil
}

func (r remote) Remove(ctx context.Context, o removal, done report) error {
	if o.volumes {
		return errors.New("--volumes: a controller of the instance runs: stop it first")
	}
	return r.request(o.names, "removal", done, func(name string) error { return r.client.Remove(ctx, name, whoAmI()) })
}

// request asks about each workspace in turn, until one request is refused.
func (r remote) request(names []string, what string, done report, ask func(name string) error) error {
	for _, name := range names {
		stop := r.noticeWait()
		err := ask(name)
		stop()
		if err != nil {
			return err
		}
		done(name, what+" requested")
	}
	return nil
}
