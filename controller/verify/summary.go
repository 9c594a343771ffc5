package verify

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// ShowProgress prints one line per test to w. screen is the same stream without escaping if that is a terminal, and
// else nil: then the test in progress is shown, too.
func (o *Options) ShowProgress(w, screen io.Writer) {
	o.Started = func(t *Result) {
		if screen != nil {
			fmt.Fprintf(w, "%s  …     %s", t.ID, t.Title)
		}
	}
	o.Ended = func(t *Result) {
		if screen != nil {
			fmt.Fprint(screen, "\r\x1b[2K")
		}
		if t.Passed {
			fmt.Fprintf(w, "%s  pass  %-45s %s\n", t.ID, t.Title, t.Duration)
			return
		}
		fmt.Fprintf(w, "%s  %s  %-45s %s  %s\n", t.ID, t.Outcome(), t.Title, t.Duration, shortened(t.Wrong()))
	}
}

// shortened is the first of several reasons; the findings have all of them in full.
func shortened(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	const most = 120
	first, _, cut := strings.Cut(reasons[0], "\n")
	if cut {
		first += " …"
	}
	text := []rune(first)
	if len(text) > most {
		text = append(text[:most], '…')
	}
	if more := len(reasons) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", string(text), more)
	}
	return string(text)
}

// PrintSummary prints the deviations, the number of tests that passed, and where the findings in dir are.
func (r *Report) PrintSummary(w io.Writer, dir string) {
	for _, d := range r.Deviations {
		fmt.Fprintln(w, d)
	}
	fmt.Fprintf(w, "%d of %d pass in %s: %s\n",
		r.PassedTests(), len(r.Tests), r.Duration, filepath.Join(dir, "findings.md"))
}

// Conclusion returns the exit code of the program: 0 if all tests passed, 1 if any failed, and 2 if they are
// inconclusive. err explains it together with saved, the error of saving the report; it is nil if the summary says
// enough.
func (r *Report) Conclusion(saved error, timeout time.Duration) (code int, err error) {
	switch {
	case !r.Teardown.Passed:
		saved = errors.Join(saved, fmt.Errorf("left behind: %s: %s",
			strings.Join(r.Teardown.Left, " "), r.Teardown.Error))
	case r.Status != "complete":
		saved = errors.Join(saved, errors.New("interrupted; all workspaces were removed"))
	}
	switch {
	case saved != nil || !r.Passed && !r.Inconclusive:
		return 1, saved
	case r.Inconclusive:
		return 2, fmt.Errorf("inconclusive: %d of %d tests got no answer within %s, and none a wrong one; "+
			"load average %s: try again when the machine is less busy, or with a longer --timeout",
			r.InconclusiveTests(), len(r.Tests), timeout, r.LoadAverage)
	}
	return 0, nil
}
