package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// While there is no output to wait for, the workspace is looked up again after followFirst, doubling to followLast. One
// that was stopped a moment ago mostly runs again soon, and one that stays down must cost nothing.
const (
	followFirst = 100 * time.Millisecond
	followLast  = time.Second
)

// Logs shows the output of a workspace, in whichever container it is.
type Logs struct {
	Resolver *Resolver
	Options  engine.LogOptions
	// Out and Err receive what the workspace wrote to stdout and stderr.
	Out, Err   io.Writer
	Timestamps bool
	// Signals that end this program.
	Signals <-chan os.Signal

	out *logPrinter
	// current is the container that was read up to position; nil before the first one.
	current  *engine.Container
	position position
	// waitingFor is why there is nothing to read, as the user was notified; empty while there is output.
	waitingFor string
	// idle is how long the last lookup was put off.
	idle time.Duration
}

// Run returns the exit code, and the reason of a failure.
func (l *Logs) Run(ctx context.Context) (code int, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	f := &forwarder{end: end}
	go f.run(ctx, l.Signals)
	l.out = &logPrinter{out: l.Out, err: l.Err, timestamps: l.Timestamps, eager: l.Options.Follow}
	err = l.run(ctx)
	if flushErr := l.out.flush(); err == nil {
		err = flushErr
	}
	var signalled signalError
	switch {
	case errors.As(context.Cause(ctx), &signalled):
		return signalled.code(), nil
	case err != nil:
		return 1, err
	}
	return 0, nil
}

func (l *Logs) run(ctx context.Context) error {
	for {
		found, err := l.Resolver.lookup(ctx)
		var unknown unknownError
		switch {
		case errors.As(err, &unknown) && l.current != nil:
			l.notice("workspace %s was removed", l.Resolver.Workspace)
			return nil
		case errors.Is(err, engine.ErrUnavailable) && l.current != nil:
			l.noticeWait(err.Error())
		case err != nil:
			return err
		case found.container == nil && !l.Options.Follow:
			return fmt.Errorf("workspace %s has no container yet", l.Resolver.Workspace)
		case found.container == nil:
			l.noticeWait(fmt.Sprintf("workspace %s has no container", l.Resolver.Workspace))
		default:
			if err := l.read(ctx, *found.container); err != nil || !l.Options.Follow {
				return err
			}
		}
		l.idle = max(followFirst, min(2*l.idle, followLast))
		if err := pause.For(ctx, l.idle); err != nil {
			return err
		}
	}
}

// read reads on until the container's output ends for now. That of a stopped container ends at once, and its next run
// is read from the position on.
func (l *Logs) read(ctx context.Context, c engine.Container) error {
	o := l.Options
	resume := l.current != nil
	switch {
	case !resume && o.Follow && o.Tail == 0:
		if err := l.skipAll(ctx, c); err != nil {
			return err
		}
		resume = true
	case resume && l.current.ID != c.ID:
		l.notice("workspace %s was replaced: container %.12s → %.12s", l.Resolver.Workspace, l.current.ID, c.ID)
		l.position, l.Options.Since, l.idle = position{}, time.Time{}, 0
	}
	if resume {
		if o.Tail, o.Since = -1, l.Options.Since; l.position.at.After(o.Since) {
			o.Since = l.position.at
		}
	}
	l.current = &c
	before, again := l.position, 0
	err := l.Resolver.Engine.Logs(ctx, c.ID, o, func(e engine.LogEntry) error {
		if before.covers(e, &again) {
			return nil
		}
		l.waitingFor, l.idle = "", 0
		l.position.pass(e)
		return l.out.entry(e)
	})
	switch {
	case err != nil && o.Follow && errors.Is(err, engine.ErrUnavailable):
		l.noticeWait(err.Error())
		return nil
	case err != nil && o.Follow && errors.Is(err, engine.ErrNotFound):
		return nil
	case err == nil && o.Follow && l.idle == followLast:
		l.noticeWait(fmt.Sprintf("workspace %s does not run", l.Resolver.Workspace))
	}
	return err
}

// skipAll moves the position to the end of the present output. Reading no lines and only new ones would leave it unset,
// and then a restart would bring everything.
func (l *Logs) skipAll(ctx context.Context, c engine.Container) error {
	o := engine.LogOptions{Tail: 1, Since: l.Options.Since}
	return l.Resolver.Engine.Logs(ctx, c.ID, o, func(e engine.LogEntry) error {
		l.position.pass(e)
		return nil
	})
}

// noticeWait prints the reason of a wait once.
func (l *Logs) noticeWait(reason string) {
	if l.waitingFor != reason {
		l.notice("waiting: %s", reason)
		l.waitingFor = reason
	}
}

// notice prints a line that differs from the workspace's own.
func (l *Logs) notice(format string, args ...any) {
	l.Resolver.Notice("— " + fmt.Sprintf(format, args...) + " —")
}
