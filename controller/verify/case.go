package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// spec describes one test.
type spec struct {
	id, group, title string
	run              func(*testCase, context.Context) error
}

// specs are in the order of the report, which is the order of their execution: the host is tested last, while all workspaces
// hold their port, which they do after 3.2.
var specs = []spec{
	{"1.1", "Test Group 1: Core Functionality", "Three Workspaces Bind the Same Port", (*testCase).bindSamePort},
	{"1.2", "Test Group 1: Core Functionality", "Localhost Isolation Per Workspace", (*testCase).localhost},
	{"1.3", "Test Group 1: Core Functionality", "Exit Code Preservation Through Exec", (*testCase).exitCodes},
	{"2.1", "Test Group 2: Assumption Validation", "Workspaces Get Unique Addresses", (*testCase).addresses},
	{"3.1", "Test Group 3: Edge Cases", "Restart Preserves Isolation", (*testCase).restart},
	{"3.2", "Test Group 3: Edge Cases", "Simultaneous Port Binding Stress", (*testCase).stress},
	{"4.1", "Test Group 4: Unknown Validation", "What the Host Reaches of Unpublished Ports", (*testCase).fromHost},
}

// testCase is one test in progress.
type testCase struct {
	Options
	suite      *suite
	env        environment
	result     *Result
	deviations []string
	// mu guards the transcript, which concurrent commands write to.
	mu sync.Mutex
}

// carryOut runs the test. The error that ends it early decides it: a wrong answer fails it, a missing one leaves it open.
func (t *testCase) carryOut(ctx context.Context, run func(*testCase, context.Context) error) {
	r := t.result
	r.Started = time.Now().UTC()
	err := run(t, ctx)
	// A test that failed was carried out, too, as far as possible.
	if r.Ran = ctx.Err() == nil; !r.Ran {
		err = errors.New("interrupted")
	}
	if err != nil {
		t.check("The procedure is carried out to its end", failed(err)...)
	}
	r.Duration = Seconds(time.Since(r.Started))
	r.Passed, r.Inconclusive = r.Ran && r.passed(), r.Ran && r.inconclusive()
}

// procedure adds a command to the procedure, unless it repeats the last one.
func (t *testCase) procedure(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if n := len(t.result.Procedure); n == 0 || t.result.Procedure[n-1] != line {
		t.result.Procedure = append(t.result.Procedure, line)
	}
}

func (t *testCase) raw(format string, args ...any) {
	t.result.Raw = append(t.result.Raw, fmt.Sprintf(format, args...))
}

func (t *testCase) measure(name string, value any, unit string) {
	t.result.Measurements = append(t.result.Measurements, Measurement{name, value, unit})
}

func (t *testCase) took(name string, d time.Duration) { t.measure(name, seconds(d), "s") }

func (t *testCase) deviated(format string, args ...any) {
	t.deviations = append(t.deviations, fmt.Sprintf("Test "+t.result.ID+": "+format, args...))
}

// fault is what is wrong with one of several.
type fault struct {
	text string
	// late is set if an answer did not come in time, so that it may be right.
	late bool
}

func wrong(format string, args ...any) []fault { return []fault{{text: fmt.Sprintf(format, args...)}} }

// wrongUnless returns a fault if something does not hold.
func wrongUnless(holds bool, format string, args ...any) []fault {
	if holds {
		return nil
	}
	return wrong(format, args...)
}

// failed returns the fault of an error.
func failed(err error) []fault {
	if err == nil {
		return nil
	}
	return []fault{{err.Error(), unanswered(err)}}
}

// check adds a line to the verification, which passes without faults. One wrong answer fails it; missing ones leave it open.
func (t *testCase) check(text string, faults ...fault) {
	var wrong, late []string
	for _, f := range faults {
		if f.late {
			late = append(late, f.text)
		} else {
			wrong = append(wrong, f.text)
		}
	}
	t.result.Checks = append(t.result.Checks, Check{
		Text: text, Passed: len(faults) == 0, Inconclusive: len(wrong) == 0 && len(late) > 0,
		Why: strings.Join(append(wrong, late...), "; "),
	})
}

// record makes a call, adds it to the transcript, and returns how long it took.
func (t *testCase) record(command string, call func() (output, outcome string)) time.Duration {
	e := Entry{Time: time.Now().UTC(), Command: command}
	e.Output, e.Outcome = call()
	e.Duration = time.Since(e.Time)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Transcript = append(t.result.Transcript, e)
	return e.Duration
}

// step records a call that is a line of the procedure of its own.
func (t *testCase) step(command string, call func() (output, outcome string)) time.Duration {
	t.procedure("%s", command)
	return t.record(command, call)
}

// outcome of a call without a result, in the transcript.
func outcome(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "ok"
}

// query records a call that is repeated until it is answered. show formats the answer and the outcome.
func query[T any](
	ctx context.Context, t *testCase, command string, call func(context.Context) (T, error), show func(T) (output, outcome string),
) (answer T, err error) {
	t.record(command, func() (string, string) {
		if answer, err = untilAnswered(ctx, t.Timeout, call); err != nil {
			return "", outcome(err)
		}
		return show(answer)
	})
	return answer, err
}

// each calls do for the numbers from..to, at most limit at a time.
func each[T any](limit, from, to int, do func(i int) (T, error)) ([]T, error) {
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

// countOf returns how many elements satisfy a condition.
func countOf[T any](list []T, is func(T) bool) (n int) {
	for _, x := range list {
		if is(x) {
			n++
		}
	}
	return n
}
