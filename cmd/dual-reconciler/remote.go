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
	*server.Client
}

// noticeAfter is how long a verb waits silently before it prints what it waits for.
const noticeAfter = 500 * time.Millisecond

// noticeWait prints why the controller does not answer yet, unless stop is called soon.
func (r remote) noticeWait() (stop func()) {
	late := time.AfterFunc(noticeAfter, func() {
		fmt.Fprintln(r.Err,
			"waiting for the running controller: it is starting, or a file of the manifests is being written")
	})
	return func() { late.Stop() }
}

func (r remote) Workspaces(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error) {
	defer r.noticeWait()()
	list, err := r.Client.ListSettled(ctx, secrets)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func (r remote) Events(ctx context.Context, workspace string) ([]status.Event, error) {
	defer r.noticeWait()()
	return r.Client.Events(ctx, workspace)
}

func (r remote) Restart(ctx context.Context, names []string, _ bool, done report) error {
	return r.request(names, done, func(name string) (string, error) {
		return "restart requested", r.Client.Restart(ctx, name, whoAmI())
	})
}

func (r remote) Recreate(ctx context.Context, names []string, pull, _ bool, done report) error {
	return r.request(names, done, func(name string) (string, error) {
		return "recreate requested", r.Client.Recreate(ctx, name, whoAmI(), pull)
	})
}

func (r remote) Approve(ctx context.Context, names []string, done report) error {
	return r.request(names, done, func(name string) (string, error) {
		paths, err := r.Client.Approve(ctx, name, whoAmI())
		return "approved: " + strings.Join(paths, ", "), err
	})
}

func (r remote) Remove(ctx context.Context, o removal, done report) error {
	if o.volumes {
		return errors.New("--volumes: a controller of the instance runs: stop it first")
	}
	return r.request(o.names, done, func(name string) (string, error) {
		return "removal requested", r.Client.Remove(ctx, name, whoAmI())
	})
}

// request makes a request about each workspace in turn, until one is refused.
func (r remote) request(names []string, done report, ask func(name string) (text string, err error)) error {
	for _, name := range names {
		stop := r.noticeWait()
		text, err := ask(name)
		stop()
		if err != nil {
			return err
		}
		done(name, text)
	}
	return nil
}
