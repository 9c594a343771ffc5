package session

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// signalGrace is how long a command may take after a signal that asks it, and this program, to end.
const signalGrace = 5 * time.Second

// signalError is the signal that ends this program.
type signalError syscall.Signal

func (s signalError) Error() string { return unix.SignalName(syscall.Signal(s)) }
func (s signalError) code() int     { return 128 + int(s) }

// forwarder forwards the signals of this program to a command. Before there is one, and from the second signal on, a
// signal calls end.
type forwarder struct {
	end context.CancelCauseFunc

	mu sync.Mutex
	// deliver sends a signal to the command, and reports whether it arrived.
	deliver  func(syscall.Signal) bool
	received bool
}

// run handles signals until ctx ends.
func (f *forwarder) run(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case s := <-signals:
			// SIGPIPE is caught so that a write fails instead of ending the program, which would leave a raw terminal.
			if number, ok := s.(syscall.Signal); ok && number != syscall.SIGPIPE {
				f.handle(number)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (f *forwarder) deliverBy(deliver func(syscall.Signal) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deliver = deliver
}

func (f *forwarder) handle(s syscall.Signal) {
	f.mu.Lock()
	deliver, again := f.deliver, f.received
	f.received = true
	f.mu.Unlock()
	if deliver == nil || again {
		f.end(signalError(s))
		return
	}
	if s == syscall.SIGTERM || s == syscall.SIGHUP {
		time.AfterFunc(signalGrace, func() { f.end(signalError(s)) })
	}
	go func() {
		if !deliver(s) {
			f.end(signalError(s))
		}
	}()
}

// signalScript sends signal $1 to all processes whose environment has the line $2, and ends with 3 if there are none.
// The oldest process gets it first, so that a shell receives the signal before its children end.
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

// signal sends a signal to the command and all that it started, and reports whether any process got it. Engines have no
// call for that. A command that was started a moment ago may have no process yet, so it tries for a second.
func (x *Exec) signal(ctx context.Context, s syscall.Signal) bool {
	for deadline := time.Now().Add(time.Second); ; {
		name := strings.TrimPrefix(unix.SignalName(s), "SIG")
		p, err := x.Resolver.Engine.Exec(ctx, x.container.ID, engine.ExecOptions{
			Command: []string{"sh", "-c", signalScript, "sh", name, envMark + "=" + x.mark}, User: x.Options.User,
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
