package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// design of one test.
type design struct {
	group, title string
	do           func(*trial, context.Context) error
}

var tests = map[string]design{
	"1.1": {"Test Group 1: Core Functionality", "Three Workspaces Bind the Same Port", (*trial).bindSamePort},
	"1.2": {"Test Group 1: Core Functionality", "Localhost Isolation Per Workspace", (*trial).localhost},
	"1.3": {"Test Group 1: Core Functionality", "Exit Code Preservation Through Exec", (*trial).exitCodes},
	"2.1": {"Test Group 2: Assumption Validation", "Workspaces Get Unique Addresses", (*trial).addresses},
	"3.1": {"Test Group 3: Edge Cases", "Restart Preserves Isolation", (*trial).restart},
	"3.2": {"Test Group 3: Edge Cases", "Simultaneous Port Binding Stress", (*trial).stress},
	"4.1": {"Test Group 4: Unknown Validation", "What the Host Reaches of Unpublished Ports", (*trial).fromTheHost},
}

// order of the tests, and of the report: the host is looked at while all workspaces hold their port, which they do after 3.2.
var order = slices.Sorted(maps.Keys(tests))

// trial is one test being carried out.
type trial struct {
	*run
	result     *Result
	deviations []string
	// mu guards the transcript, which several commands at once write to.
	mu sync.Mutex
}

// did notes a command of the procedure, where it is not the last one again.
func (t *trial) did(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if n := len(t.result.Procedure); n == 0 || t.result.Procedure[n-1] != line {
		t.result.Procedure = append(t.result.Procedure, line)
	}
}

func (t *trial) raw(format string, args ...any) {
	t.result.Raw = append(t.result.Raw, fmt.Sprintf(format, args...))
}

func (t *trial) measure(name string, value any, unit string) {
	t.result.Measurements = append(t.result.Measurements, Measurement{name, value, unit})
}

func (t *trial) took(name string, d time.Duration) { t.measure(name, seconds(d), "s") }

// check notes what was verified; why is only of interest where it failed.
func (t *trial) check(passed bool, text, why string) {
	c := Check{Text: text, Passed: passed}
	if !passed {
		c.Why = why
	}
	t.result.Checks = append(t.result.Checks, c)
}

// inconclusive notes what could not be verified, because no answer came in time.
func (t *trial) inconclusive(text, why string) {
	t.result.Checks = append(t.result.Checks, Check{Text: text, Inconclusive: true, Why: why})
}

// carried is a check that something was carried out. What got no answer in time may be right.
func (t *trial) carried(err error, text string) {
	if unanswered(err) {
		t.inconclusive(text, err.Error())
		return
	}
	t.check(err == nil, text, fmt.Sprint(err))
}

// fault is what is wrong with one of several.
type fault struct {
	text string
	// late says that it is no answer in time, and not a wrong one.
	late bool
}

// all is a check that holds for each of several. One wrong answer decides it; one that is missing leaves it open.
func (t *trial) all(text string, faults []fault) {
	var wrong, late []string
	for _, f := range faults {
		if f.late {
			late = append(late, f.text)
		} else {
			wrong = append(wrong, f.text)
		}
	}
	if len(wrong) == 0 && len(late) > 0 {
		t.inconclusive(text, strings.Join(late, "; "))
		return
	}
	t.check(len(wrong) == 0, text, strings.Join(append(wrong, late...), "; "))
}

func (t *trial) deviated(format string, args ...any) {
	t.deviations = append(t.deviations, fmt.Sprintf("Test "+t.result.ID+": "+format, args...))
}

// call notes a call in the transcript.
func (t *trial) call(command string, do func() (output, outcome string)) {
	begun := t.clock.Now()
	output, outcome := do()
	e := Entry{Time: begun.UTC(), Command: command, Output: output, Outcome: outcome, Duration: t.clock.Since(begun)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Transcript = append(t.result.Transcript, e)
}

// outcome is an error in a transcript.
func outcome(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "ok"
}

func (t *trial) exec(ctx context.Context, i int, command ...string) (out Output, err error) {
	t.call(t.execLine(t.name(i), command), func() (string, string) {
		out, err = insist(ctx, t, func(ctx context.Context) (Output, error) { return t.machines.Exec(ctx, i, command) })
		if err != nil {
			return "", outcome(err)
		}
		return out.Stdout + out.Stderr, fmt.Sprintf("exit code %d", out.Code)
	})
	return out, err
}

func (t *trial) execLine(name string, command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = quote(w)
	}
	return "dual-reconciler exec " + name + " -- " + strings.Join(words, " ")
}

// execDid notes the same command for several workspaces.
func (t *trial) execDid(from, to int, command ...string) {
	if from == to {
		t.did("%s", t.execLine(t.name(from), command))
		return
	}
	t.did("for n in $(seq %d %d); do %s; done", from, to, t.execLine(t.Prefix+"-$n", command))
}

func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n'\"$;|&<>()*?[]\\`#~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (t *trial) state(ctx context.Context, i int) (s State, err error) {
	t.call("docker inspect "+t.container(i), func() (string, string) {
		s, err = insist(ctx, t, func(ctx context.Context) (State, error) { return t.machines.State(ctx, i) })
		if err != nil {
			return "", outcome(err)
		}
		return fmt.Sprintf("id %.12s state %s started %s address %v; workspace: ready %v, %s: %s\n", s.ID, s.Text,
			s.StartedAt.UTC().Format(time.RFC3339Nano), s.Address, s.Ready, s.Reason, s.Message), "ok"
	})
	return s, err
}

func (t *trial) states(ctx context.Context, from, to int) ([]State, error) {
	return each(t, from, to, func(i int) (State, error) { return t.state(ctx, i) })
}

// each does something for several workspaces, as many at a time as the controller works on.
func each[T any](t *trial, from, to int, do func(i int) (T, error)) ([]T, error) {
	return atOnce(t.parallel, from, to, do)
}

func atOnce[T any](limit, from, to int, do func(i int) (T, error)) ([]T, error) {
	out := make([]T, to-from+1)
	var group errgroup.Group
	group.SetLimit(limit)
	for i := from; i <= to; i++ {
		group.Go(func() (err error) {
			out[i-from], err = do(i)
			return err
		})
	}
	return out, group.Wait()
}

// converge asks for workspaces up to n, and returns how long that took.
func (t *trial) converge(ctx context.Context, from, n int) (time.Duration, error) {
	for i := from; i <= n && n-from < DefaultWorkspaces; i++ {
		t.did("write %s", t.file(i))
	}
	if n-from >= DefaultWorkspaces {
		t.did("write %s to %s", t.file(from), t.file(n))
	}
	apply := fmt.Sprintf("dual-reconciler apply --instance %s --manifests %s", t.Loop.Instance, t.Loop.Directory)
	t.did("%s", apply)
	begun := t.clock.Now()
	var err error
	t.call(apply, func() (string, string) {
		_, err = insist(ctx, t, func(ctx context.Context) (struct{}, error) { return struct{}{}, t.machines.Converge(ctx, n) })
		t.unsettled = unanswered(err)
		return "", outcome(err)
	})
	return t.clock.Since(begun), err
}
