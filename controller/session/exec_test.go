package session

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// run runs a command in web and fails unless it ends with this code and an error with these words.
func (e *env) run(x *Exec, code int, words string) {
	e.Helper()
	x.Resolver, x.Signals = e.resolver(), e.signals
	got, err := x.Run(e.Context())
	if got != code || (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
		e.Errorf("exec = %d, %v; want %d, %q", got, err, code, words)
	}
}

func TestExecRuns(t *testing.T) {
	e := newEnv(t)
	e.start()
	var options engine.ExecOptions
	e.engine.OnExec(func(_ context.Context, o engine.ExecOptions, s engine.Streams) (engine.ExecResult, error) {
		options = o
		_, err := io.Copy(s.Out, s.In)
		return engine.ExecResult{ExitCode: 7}, err
	})
	var out strings.Builder
	e.run(&Exec{
		Options: engine.ExecOptions{Command: []string{"cat"}, Env: []string{"A=1"}},
		Streams: engine.Streams{In: strings.NewReader("text"), Out: &out},
	}, 7, "")
	if out.String() != "text" || options.Env[0] != "A=1" || !strings.HasPrefix(options.Env[1], envMark+"=") {
		t.Errorf("printed %q with %v", out.String(), options.Env)
	}
	if n := e.engine.Count("Look") + e.engine.Count("List"); n != 1 {
		t.Errorf("%d calls to find a workspace that runs, want 1", n)
	}
}

func TestExecEnds(t *testing.T) {
	for name, c := range map[string]struct {
		result engine.ExecResult
		err    error
		code   int
		words  string
	}{
		"not found":     {result: engine.ExecResult{ExitCode: 127, Failure: "no such file"}, code: 127, words: "no such file"},
		"reader gone":   {err: &engine.OutputError{Err: syscall.EPIPE}, code: exitPipe},
		"disk full":     {err: &engine.OutputError{Err: syscall.ENOSPC}, code: ExitOwnFailure, words: "no space left"},
		"removed":       {err: engine.ErrNotFound, code: exitKilled, words: "stopped or replaced"},
		"engine gone":   {err: engine.ErrUnavailable, code: ExitOwnFailure, words: engine.ErrUnavailable.Error()},
		"killed itself": {result: engine.ExecResult{ExitCode: exitKilled}, code: exitKilled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				e.start()
				e.engine.OnExec(func(_ context.Context, o engine.ExecOptions, _ engine.Streams) (engine.ExecResult, error) {
					if o.Command[0] == "sh" {
						return engine.ExecResult{}, nil // A signal is sent.
					}
					return c.result, c.err
				})
				e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}}, c.code, c.words)
			})
		})
	}
}

// A command that its container's end killed has done nothing that explains it.
func TestExecKilledByTheContainersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		id := e.start()
		e.engine.OnExec(func(context.Context, engine.ExecOptions, engine.Streams) (engine.ExecResult, error) {
			time.AfterFunc(time.Second, func() { _ = e.engine.Operator().Kill(id) })
			return engine.ExecResult{ExitCode: exitKilled}, nil
		})
		e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}}, exitKilled, "stopped or replaced")
	})
}

func TestExecForwardsSignals(t *testing.T) {
	for name, c := range map[string]struct {
		signals []os.Signal
		// ends is set if the command ends on a signal, marked if a process of it can be found.
		ends, marked bool
		code         int
		words        string
		sent         []string
	}{
		"interrupt":  {signals: []os.Signal{syscall.SIGINT}, ends: true, marked: true, code: 130, sent: []string{"INT"}},
		"ignored":    {signals: []os.Signal{syscall.SIGTERM}, marked: true, code: 143, words: "ended by SIGTERM", sent: []string{"TERM"}},
		"second":     {signals: []os.Signal{syscall.SIGQUIT, syscall.SIGINT}, marked: true, code: 130, words: "ended by SIGINT", sent: []string{"QUIT"}},
		"no process": {signals: []os.Signal{syscall.SIGHUP}, code: 129, words: "may still run"},
		"pipe":       {signals: []os.Signal{syscall.SIGPIPE, syscall.SIGINT}, ends: true, marked: true, code: 130, sent: []string{"INT"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				e.start()
				delivered := make(chan string, 10)
				e.engine.OnExec(func(ctx context.Context, o engine.ExecOptions, _ engine.Streams) (engine.ExecResult, error) {
					switch {
					case o.Command[0] == "sh" && !c.marked:
						time.Sleep(100 * time.Millisecond)
						return engine.ExecResult{ExitCode: 3}, nil
					case o.Command[0] == "sh":
						delivered <- o.Command[4]
						return engine.ExecResult{}, nil
					case c.ends:
						got := <-delivered
						delivered <- got
						return engine.ExecResult{ExitCode: 130}, nil
					}
					<-ctx.Done()
					return engine.ExecResult{}, ctx.Err()
				})
				go func() {
					for _, s := range c.signals {
						time.Sleep(time.Second)
						e.signals <- s
					}
				}()
				e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}}, c.code, c.words)
				synctest.Wait()
				var sent []string
				for len(delivered) > 0 {
					sent = append(sent, <-delivered)
				}
				if !slices.Equal(sent, c.sent) {
					t.Errorf("delivered %v, want %v", sent, c.sent)
				}
			})
		})
	}
}

func TestExecWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.manifest("web", v1alpha1.StateRunning)
		time.AfterFunc(time.Second, func() {
			id := e.create("default", "web")
			time.AfterFunc(time.Second, func() { _ = e.engine.Start(context.Background(), id) })
		})
		e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}, Wait: time.Minute}, 0, "")
		if line := <-e.notices; line != "waiting for workspace web: it is being created" || len(e.notices) > 0 {
			t.Errorf("notices: %q and %d more", line, len(e.notices))
		}
	})
}

// A container that ends between the lookup and the command is waited for again.
func TestExecTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.start()
		e.engine.FailNext("Exec", engine.ErrNotRunning)
		e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}, Wait: time.Minute}, 0, "")
		e.engine.FailNext("Exec", engine.ErrNotRunning)
		e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}}, ExitOwnFailure, engine.ErrNotRunning.Error())
	})
}

func TestExecInterruptedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.manifest("web", v1alpha1.StateRunning)
		time.AfterFunc(time.Second, func() { e.signals <- syscall.SIGINT })
		e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}, Wait: time.Minute}, 130, "")
	})
}

func TestExecRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*env)
		words   string
	}{
		"unknown":          {func(*env) {}, `no workspace "web" in instance "default", and no manifests in /m`},
		"similar":          {func(e *env) { e.manifest("weg", "") }, `did you mean "weg"?`},
		"others":           {func(e *env) { e.manifest("shop", "") }, "it has shop"},
		"other instance":   {func(e *env) { e.create("team", "web") }, `of instance "team": give --instance team`},
		"foreign":          {func(e *env) { e.create("", "") }, "which is not ours"},
		"paused":           {func(e *env) { _ = e.engine.Operator().Pause(e.start()) }, "resume it with docker unpause dual-web"},
		"stopped":          {func(e *env) { e.create("default", "web"); e.manifest("web", v1alpha1.StateStopped) }, "as its spec.state asks"},
		"not running":      {func(e *env) { e.create("default", "web") }, `does not run: its container is created, and no controller`},
		"condition":        {func(e *env) { e.create("default", "web"); e.condition = "Held: why" }, "does not run: Held: why"},
		"other manifests":  {func(e *env) { e.condition = "Pulling: 1 %" }, "does not run: Pulling: 1 %"},
		"engine is absent": {func(e *env) { e.engine.SetUnavailable(true) }, "cannot reach"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			c.prepare(e)
			e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}}}, ExitOwnFailure, c.words)
		})
	}
}

func TestNameThatIsNone(t *testing.T) {
	e := newEnv(t)
	r := e.resolver()
	r.Workspace = "../info"
	if _, err := r.Running(t.Context(), 0); err == nil || !errors.As(err, &unknownError{}) || e.engine.Count("Look") > 0 {
		t.Errorf("a path: %v, after %d calls", err, e.engine.Count("Look"))
	}
}

type fakeTerminal struct {
	size    engine.TerminalSize
	changed func()
	raw     bool
}

func (f *fakeTerminal) Raw() (func(), error) {
	f.raw = true
	return func() { f.raw = false }, nil
}
func (f *fakeTerminal) Size() engine.TerminalSize { return f.size }
func (f *fakeTerminal) OnResize(changed func()) func() {
	f.changed = changed
	return func() { f.changed = nil }
}

func TestExecTerminal(t *testing.T) {
	e := newEnv(t)
	e.start()
	terminal := &fakeTerminal{size: engine.TerminalSize{Rows: 24, Columns: 80}}
	e.engine.OnExec(func(_ context.Context, o engine.ExecOptions, _ engine.Streams) (engine.ExecResult, error) {
		if o.Size != terminal.size || !terminal.raw {
			t.Errorf("size %v, raw %t", o.Size, terminal.raw)
		}
		terminal.size.Rows = 50
		terminal.changed()
		return engine.ExecResult{}, nil
	})
	e.run(&Exec{Options: engine.ExecOptions{Command: []string{"x"}, TTY: true}, Terminal: terminal}, 0, "")
	if got := e.engine.Resized(); !slices.Equal(got, []engine.TerminalSize{{Rows: 50, Columns: 80}}) {
		t.Errorf("resized to %v", got)
	}
	if terminal.raw || terminal.changed != nil {
		t.Error("the terminal was not restored")
	}
}
