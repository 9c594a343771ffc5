package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// A workspace that has no output to wait for is looked at again after followFirst, doubling to followLast: one that was
// just stopped is mostly up again soon, and one that stays down must cost nothing.
const (
	followFirst = 100 * time.Millisecond
	followLast  = time.Second
)

// logReader reads the output of a workspace, whichever container it is.
type logReader struct {
	finder  *finder
	shell   engine.Shell
	options engine.LogOptions
	print   *logPrinter

	// current is the container that is read, up to the mark.
	current *engine.Container
	mark    mark
	// away is what keeps us from reading, said once.
	away string
	// idle is how long to wait for the next look.
	idle time.Duration
}

func (r *logReader) run(ctx context.Context) error {
	for {
		s, err := r.finder.look(ctx)
		var unknown unknownError
		switch {
		case errors.As(err, &unknown) && r.current != nil:
			r.say("workspace %s was removed", r.finder.name)
			return nil
		case errors.Is(err, engine.ErrUnavailable) && r.current != nil:
			r.wait(err.Error())
		case err != nil:
			return err
		case s.container == nil && !r.options.Follow:
			return fmt.Errorf("workspace %s has no container yet", r.finder.name)
		case s.container == nil:
			r.wait(fmt.Sprintf("workspace %s has no container", r.finder.name))
		default:
			if err := r.read(ctx, *s.container); err != nil || !r.options.Follow {
				return err
			}
		}
		if r.idle = min(2*r.idle, followLast); r.idle == 0 {
			r.idle = followFirst
		}
		if err := sleep(ctx, r.idle); err != nil {
			return err
		}
	}
}

// read reads on until the container's output ends for now: a container that does not run has ended at once, and its next
// run is read from the mark on.
func (r *logReader) read(ctx context.Context, c engine.Container) error {
	o := r.options
	goOn := r.current != nil
	switch {
	case !goOn && o.Follow && o.Tail == 0:
		if err := r.skipAll(ctx, c); err != nil {
			return err
		}
		goOn = true
	case goOn && r.current.ID != c.ID:
		r.say("workspace %s was replaced: container %.12s → %.12s", r.finder.name, r.current.ID, c.ID)
		r.mark, r.options.Since, r.idle = mark{}, time.Time{}, 0
	}
	if goOn {
		if o.Tail, o.Since = -1, r.options.Since; r.mark.at.After(o.Since) {
			o.Since = r.mark.at
		}
	}
	r.current = &c
	before, again := r.mark, 0
	err := r.shell.Logs(ctx, c.ID, o, func(e engine.LogEntry) error {
		if before.skip(e, &again) {
			return nil
		}
		r.away, r.idle = "", 0
		r.mark.pass(e)
		return r.print.entry(e)
	})
	switch {
	case err != nil && o.Follow && errors.Is(err, engine.ErrUnavailable):
		r.wait(err.Error())
		return nil
	case err != nil && o.Follow && errors.Is(err, engine.ErrNotFound):
		return nil
	case err == nil && o.Follow && r.idle == followLast:
		r.wait(fmt.Sprintf("workspace %s does not run", r.finder.name))
	}
	return err
}

// skipAll puts the mark at the end of what there is. To ask for no lines and for new ones would leave it unset, and then a
// restart would bring everything.
func (r *logReader) skipAll(ctx context.Context, c engine.Container) error {
	return r.shell.Logs(ctx, c.ID, engine.LogOptions{Tail: 1, Since: r.options.Since}, func(e engine.LogEntry) error {
		r.mark.pass(e)
		return nil
	})
}

// wait says what is waited for, unless it was said already.
func (r *logReader) wait(why string) {
	if r.away != why {
		r.say("waiting: %s", why)
		r.away = why
	}
}

// say is for people, and so it stands apart from the workspace's own lines.
func (r *logReader) say(format string, args ...any) {
	fmt.Fprintf(r.finder.g.Err, "— "+format+" —\n", args...)
}
