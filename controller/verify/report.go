package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is the result of a run.
type Report struct {
	Date     time.Time `json:"dateRun"`
	Duration Seconds   `json:"durationSeconds"`
	// Status is complete, or interrupted if not all tests were carried out.
	Status string `json:"status"`
	// Passed is set if every test passed and nothing was left behind.
	Passed bool `json:"passed"`
	// Inconclusive is set if no test failed and at least one got no answer in time. LoadAverage is set only then.
	Inconclusive bool        `json:"inconclusive"`
	LoadAverage  string      `json:"loadAverage,omitempty"`
	Ran          int         `json:"testsRun"`
	Environment  Environment `json:"environment"`
	Setup        Setup       `json:"setup"`
	Tests        []*Result   `json:"tests"`
	Teardown     Teardown    `json:"teardown"`
	Deviations   []string    `json:"deviations"`
}

// Environment describes where the run took place.
type Environment struct {
	Engine  string `json:"engine"`
	API     string `json:"api"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	Address string `json:"address"`
	Context string `json:"context,omitempty"`
	// Platform is that of this program: the host of Test 2.1.
	Platform   string `json:"platform"`
	Program    string `json:"program"`
	Image      string `json:"image"`
	ImageID    string `json:"imageID"`
	Instance   string `json:"instance"`
	Network    string `json:"network"`
	Workspaces int    `json:"workspaces"`
}

// Setup is what was checked before the first test.
type Setup struct {
	// Names of containers that are not in use.
	Names     []string `json:"names"`
	Directory string   `json:"directory"`
}

// Result of one test.
type Result struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Title string `json:"title"`
	// Ran is set if the test was carried out, as far as possible.
	Ran    bool `json:"ran"`
	Passed bool `json:"passed"`
	// Inconclusive is set if it neither passed nor failed, because a decisive answer did not come in time.
	Inconclusive bool      `json:"inconclusive"`
	Started      time.Time `json:"started,omitzero"`
	Duration     Seconds   `json:"durationSeconds"`
	// Procedure lists the commands that were carried out, and Raw the essence of their output.
	Procedure    []string      `json:"procedure"`
	Raw          []string      `json:"rawOutput"`
	Measurements []Measurement `json:"measurements"`
	Checks       []Check       `json:"checks"`
	// Transcript has every single call, in the order of their ends.
	Transcript []Entry `json:"-"`
}

// Measurement with its unit, if it has one.
type Measurement struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// Check is one line of the automated verification.
type Check struct {
	Text   string `json:"text"`
	Passed bool   `json:"passed"`
	// Inconclusive is set if no answer came in time.
	Inconclusive bool `json:"inconclusive,omitempty"`
	// Why is the reason if it did not pass.
	Why string `json:"why,omitempty"`
}

// Entry of a transcript.
type Entry struct {
	Time     time.Time
	Command  string
	Output   string
	Outcome  string
	Duration time.Duration
}

// Teardown is the end of a run.
type Teardown struct {
	Procedure []string `json:"procedure"`
	Removed   int      `json:"removed"`
	// Left are containers that are still there.
	Left     []string `json:"left"`
	Error    string   `json:"error,omitempty"`
	Passed   bool     `json:"passed"`
	Duration Seconds  `json:"durationSeconds"`
}

// Seconds in a report.
type Seconds time.Duration

func (s Seconds) String() string { return fmt.Sprintf("%.2f s", time.Duration(s).Seconds()) }

// MarshalJSON keeps milliseconds.
func (s Seconds) MarshalJSON() ([]byte, error) { return json.Marshal(seconds(time.Duration(s))) }

func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond)) / float64(time.Second)
}

func newReport(o Options, now time.Time) *Report {
	r := &Report{Date: now.UTC(), Setup: Setup{Directory: o.Loop.Directory}, Deviations: []string{}}
	for i := 1; i <= o.Workspaces; i++ {
		r.Setup.Names = append(r.Setup.Names, o.container(i))
	}
	for _, t := range specs {
		r.Tests = append(r.Tests, &Result{
			ID: t.id, Group: t.group, Title: t.title,
			// Lists, and not null, for machines.
			Procedure: []string{}, Raw: []string{}, Measurements: []Measurement{}, Checks: []Check{},
		})
	}
	return r
}

func (r *Result) passed() bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.Passed })
}

// inconclusive reports whether no answer is wrong and at least one is missing.
func (r *Result) inconclusive() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.Passed && !c.Inconclusive }) &&
		slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Inconclusive })
}

// Outcome of a test in one word.
func (r *Result) Outcome() string { return word(r.Passed, r.Inconclusive) }

// Outcome of all tests in one word.
func (r *Report) Outcome() string { return word(r.Passed, r.Inconclusive) }

func word(passed, inconclusive bool) string {
	switch {
	case passed:
		return "pass"
	case inconclusive:
		return "inconclusive"
	}
	return "FAIL"
}

// Wrong returns the reasons of the checks that did not pass.
func (r *Result) Wrong() (wrong []string) {
	for _, c := range r.Checks {
		if !c.Passed {
			wrong = append(wrong, strings.TrimSuffix(c.Text+": "+c.Why, ": "))
		}
	}
	return wrong
}

// finish sums up the tests.
func (r *Report) finish(d time.Duration, interrupted bool) {
	r.Duration = Seconds(d)
	r.Status = "complete"
	r.Passed = r.Teardown.Passed && !interrupted
	r.Inconclusive = r.Passed
	for _, t := range r.Tests {
		r.Passed = r.Passed && t.Passed
		r.Inconclusive = r.Inconclusive && (t.Passed || t.Inconclusive)
		if t.Ran {
			r.Ran++
		} else {
			r.Deviations = append(r.Deviations, "Test "+t.ID+" was not carried out to its end.")
		}
	}
	r.Inconclusive = r.Inconclusive && !r.Passed
	if interrupted || r.Ran < len(r.Tests) {
		r.Status = "interrupted"
	}
	if n := r.Environment.Workspaces; n != DefaultWorkspaces {
		r.Deviations = append(r.Deviations, fmt.Sprintf("Test 3.2 had %d workspaces, not %d.", n, DefaultWorkspaces))
	}
}

// PassedTests is the number of tests that passed.
func (r *Report) PassedTests() int { return countOf(r.Tests, func(t *Result) bool { return t.Passed }) }

// InconclusiveTests is the number of tests that are inconclusive.
func (r *Report) InconclusiveTests() int {
	return countOf(r.Tests, func(t *Result) bool { return t.Inconclusive })
}
