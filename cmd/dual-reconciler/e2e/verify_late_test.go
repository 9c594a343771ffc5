package e2e

import (
	"slices"
	"strings"
	"testing"
)

// Where commands get no answer nothing is known of the isolation: that is neither a failure nor a pass.
func TestVerifyWithoutAnswersIsInconclusive(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	p.Hook(func(call string) {
		if strings.HasPrefix(call, "POST /exec/") {
			<-over
		}
	}, nil)
	v := b.Verify("--workspaces", "4", "--timeout", "5s")
	if v.Code != 2 || v.Passed || !v.Inconclusive || v.TestsRun != 7 || v.LoadAverage == "" {
		t.Fatalf("exit code %d, passed %v, inconclusive %v, %d tests run, load average %q\n%s", v.Code, v.Passed, v.Inconclusive, v.TestsRun, v.LoadAverage, v.Stderr)
	}
	// On a machine that needs longer than this timeout to bring up containers more may be open, but nothing is wrong.
	for _, id := range []string{"1.1", "1.2", "1.3", "3.1", "3.2", "4.1"} {
		if !slices.Contains(v.red(), id) {
			t.Errorf("Test %s passed without an answer", id)
		}
	}
	if !containsAll(v.Stderr, []string{"1.1  inconclusive  ", "no answer in ", "inconclusive: ", "load average "}) || strings.Contains(v.Stderr, "FAIL") {
		t.Errorf("it says:\n%s", v.Stderr)
	}
	if text := v.findings(b); !containsAll(text, []string{"\nresult: inconclusive\n", "\n- **Load average**: ", "\n- [?] "}) || strings.Contains(text, "- [ ]") {
		t.Errorf("the findings:\n%s", text)
	}
}
