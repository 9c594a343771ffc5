package e2e

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
)

// logLine is a line of a log in JSON, as far as tests look at it.
type logLine struct{ Time, Level, Msg, Workspace string }

// Lines are the lines of a log in JSON; every one of them must be whole.
func (l *loop) Lines() []logLine {
	l.b.Helper()
	var lines []logLine
	for text := range strings.Lines(l.Log()) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			l.b.Fatalf("a line of the log is no JSON: %v: %s", err, text)
		}
		if line.Time == "" || line.Level == "" || line.Msg == "" {
			l.b.Fatalf("a line of the log lacks its time, level or message: %s", text)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestQuietWhileNothingHappens keeps a controller busy with all that repeats itself: resyncs, probes, a workspace that waits
// and a manifest that stays broken.
func TestQuietWhileNothingHappens(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a", `livenessProbe: {exec: {command: ["true"]}, periodSeconds: 1, timeoutSeconds: 120}`))
	b.Write("b.yaml", b.sleeper("b"))
	b.Write("waits.yaml", b.sleeper("waits", "source: {path: ./missing}"))
	b.Write("broken.yaml", "kind: [\n")
	l := b.Run("--resync", "1s", "--log-level", "info", "--log-format", "json")
	b.Running("a")
	b.Running("b")
	b.Says("a", "Running")
	b.Says("b", "Running")
	p.Lists(2)
	before := l.Lines()
	p.Lists(5)
	if after := l.Lines(); len(after) != len(before) {
		t.Errorf("logged while nothing happened: %+v", after[len(before):])
	}

	told := map[logLine]int{}
	for _, line := range before {
		line.Time = ""
		told[line]++
	}
	for _, short := range []string{"a", "b"} {
		if n := told[logLine{Level: "INFO", Msg: "create", Workspace: b.Name(short)}]; n != 1 {
			t.Errorf("the decision to create %s was told %d times", short, n)
		}
	}
	for line, n := range told {
		if n != 1 {
			t.Errorf("told %d times: %+v", n, line)
		}
	}
	l.Ends()
}

func TestDebugSaysWhyNothingIsDone(t *testing.T) {
	b := newBench(t)
	paused := strings.Replace(b.sleeper("paused"), "spec:\n", "  annotations: {dual.dev/reconcile: disabled}\nspec:\n", 1)
	b.Write("paused.yaml", paused)
	b.Write("waits.yaml", b.sleeper("waits", "source: {path: ./missing}"))
	b.Write("runs.yaml", b.sleeper("runs"))
	l := b.Run("--resync", "1h", "--log-level", "info")
	b.Running("runs")
	b.Says("runs", "Running")
	if strings.Contains(l.Log(), "nothing to do") {
		t.Error("info says what was not done")
	}
	l.Ends()

	l = b.Run("--resync", "1h")
	reasons := map[string][]string{
		"paused": {"reason=Paused", "annotation"}, "waits": {"waiting for", "missing"}, "runs": {"reason=Running"},
	}
	said := func(short string) (n int) {
		for line := range strings.Lines(l.Log()) {
			if strings.Contains(line, `msg="nothing to do" workspace=`+b.Name(short)+" ") && containsAll(line, reasons[short]) {
				n++
			}
		}
		return n
	}
	for short := range reasons {
		b.Eventually("the log says why nothing is done about "+short, func() string {
			if said(short) == 0 {
				return "not yet"
			}
			return ""
		})
	}
	before := said("runs")
	l.Signal(syscall.SIGHUP)
	b.Eventually("it is said again when somebody asks again", func() string {
		if said("runs") == before {
			return "not yet"
		}
		return ""
	})
	l.Ends()
}
