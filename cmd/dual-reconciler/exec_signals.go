package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// signalGrace is how long a command may take after a signal that asks it, and us, to end.
const signalGrace = 5 * time.Second

// signalError is the signal that ended us.
type signalError syscall.Signal

func (s signalError) Error() string { return unix.SignalName(syscall.Signal(s)) }
func (s signalError) code() int     { return 128 + int(s) }

// relay passes our signals on to the command. Until there is one, and from the second signal on, a signal ends us.
type relay struct {
	c   chan os.Signal
	end context.CancelCauseFunc

	mu      sync.Mutex
	deliver func(syscall.Signal) bool
	had     bool
}

func newRelay(end context.CancelCauseFunc) *relay {
	r := &relay{c: make(chan os.Signal, 16), end: end}
	// SIGPIPE is taken so that a write fails instead of ending us in the middle: a terminal would stay raw.
	signal.Notify(r.c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	go func() {
		for s := range r.c {
			if number, ok := s.(syscall.Signal); ok && number != syscall.SIGPIPE {
				r.take(number)
			}
		}
	}()
	return r
}

func (r *relay) stop() {
	signal.Stop(r.c)
	close(r.c)
}

func (r *relay) deliverBy(f func(syscall.Signal) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliver = f
}

func (r *relay) take(s syscall.Signal) {
	r.mu.Lock()
	deliver, again := r.deliver, r.had
	r.had = true
	r.mu.Unlock()
	if deliver == nil || again {
		r.end(signalError(s))
		return
	}
	if s == syscall.SIGTERM || s == syscall.SIGHUP {
		time.AfterFunc(signalGrace, func() { r.end(signalError(s)) })
	}
	go func() {
		if !deliver(s) {
			r.end(signalError(s))
		}
	}()
}

// signalScript sends signal $1 to all processes whose environment has the line $2, and ends with 3 where there is none. The
// oldest gets it first, so that a shell hears of the signal before it hears of its children's end.
const signalScript = `for e in /proc/[0-9]*/environ; do
	if tr '\0' '\n' <"$e" | grep -qxF "$2"; then
		p=${e#/proc/}
		found="$found ${p%/environ}"
	fi
done
sent=3
for p in $(printf '%s\n' $found | sort -n); do
	kill -s "$1" "$p" && sent=0
done
exit $sent`

// signal sends a signal to the command and to all that it started, and reports whether anything got it. Engines have no call
// for that. A command that was asked for a moment ago may not be there yet.
func (x *execution) signal(ctx context.Context, s syscall.Signal) bool {
	for deadline := time.Now().Add(time.Second); ; {
		p, err := x.shell.Exec(ctx, x.target.ID, engine.ExecOptions{
			Command: []string{"sh", "-c", signalScript, "sh", strings.TrimPrefix(unix.SignalName(s), "SIG"), envMark + "=" + x.mark},
			User:    x.options.User,
		}, engine.Streams{Out: io.Discard, Err: io.Discard})
		if err != nil {
			return false
		}
		result, err := p.Wait(ctx)
		if err != nil || result.ExitCode != 3 || time.Now().After(deadline) {
			return err == nil && result.ExitCode == 0
		}
	}
}
