package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// verification is what verify -o json says, as far as tests look at it.
type verification struct {
	result
	Status   string
	Passed   bool
	TestsRun int
	// Inconclusive, with the machine's load average.
	Inconclusive bool
	LoadAverage  string
	Deviations   []string
	Teardown     struct {
		Removed int
		Left    []string
	}
	Environment struct{ Engine, OS, Arch, Instance string }
	Tests       []verifiedTest
	// dir is where the findings are.
	dir string
}

type verifiedTest struct {
	ID           string
	Ran, Passed  bool
	Measurements []struct {
		Name  string
		Value any
		Unit  string
	}
	Checks []struct {
		Text, Why string
		Passed    bool
	}
}

// Verify runs verify on workspaces of the test's own names, and expects that it leaves none.
func (b *bench) Verify(args ...string) verification {
	b.Helper()
	b.sweepVerify()
	v := verification{dir: filepath.Join(b.Root, "findings")}
	v.result = b.Do(append([]string{"verify", "-o", "json", "--prefix", b.Name("net"), "--output", v.dir}, args...)...)
	if err := json.Unmarshal([]byte(v.Stdout), &v); err != nil {
		b.Fatalf("verify: exit code %d: %v\n%s%s", v.Code, err, v.Stdout, v.Stderr)
	}
	if left := b.verifyLeft(); left != "" {
		b.Errorf("verify left %s", left)
	}
	return v
}

func (b *bench) verifyLeft() string {
	b.Helper()
	return b.docker("ps", "-aq", "--filter", "name=^/?dual-"+b.Name("net")+"-", "--filter", "label=dual.dev/instance")
}

// sweepVerify removes at the end what a verify that failed to has left: its instance is not the test's.
func (b *bench) sweepVerify() {
	b.Cleanup(func() {
		if ids := strings.Fields(b.verifyLeft()); len(ids) > 0 {
			b.docker(append([]string{"rm", "-fv"}, ids...)...)
		}
	})
}

// red are the tests that did not pass.
func (v *verification) red() (red []string) {
	for _, t := range v.Tests {
		if !t.Passed {
			red = append(red, t.ID)
		}
	}
	return red
}

// reasons are those of the checks of a test that did not pass.
func (v *verification) reasons(id string) (reasons string) {
	for _, t := range v.Tests {
		for _, c := range t.Checks {
			if t.ID == id && !c.Passed {
				reasons += c.Text + ": " + c.Why + "\n"
			}
		}
	}
	return reasons
}

func (v *verification) measured(id, name string) any {
	for _, t := range v.Tests {
		for _, m := range t.Measurements {
			if t.ID == id && m.Name == name {
				return m.Value
			}
		}
	}
	return nil
}

func (v *verification) findings(b *bench) string {
	b.Helper()
	data, err := os.ReadFile(filepath.Join(v.dir, "findings.md"))
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

func TestVerifyPasses(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	hostPort.Lock()
	defer hostPort.Unlock()
	v := b.Verify("--workspaces", "12")
	if v.Code != 0 || !v.Passed || v.TestsRun != 7 || len(v.red()) > 0 || v.Status != "complete" {
		t.Fatalf("exit code %d, %d tests run, red: %v\n%s", v.Code, v.TestsRun, v.red(), v.Stderr)
	}
	if v.Teardown.Removed != 12 || len(v.Teardown.Left) > 0 {
		t.Errorf("teardown: %+v", v.Teardown)
	}
	if v.measured("3.2", "Right answers") != 12.0 || v.measured("3.2", "Wrong answers") != 0.0 {
		t.Errorf("Test 3.2: %v right, %v wrong", v.measured("3.2", "Right answers"), v.measured("3.2", "Wrong answers"))
	}
	if kib, _ := v.measured("3.2", "Memory a workspace, median").(float64); kib <= 0 || kib > 64<<10 {
		t.Errorf("memory of a workspace: %v KiB", kib)
	}
	// What is shown on stderr is one line a test, before deviations and the sum.
	for _, id := range []string{"1.1", "1.2", "1.3", "4.1", "2.1", "3.1", "3.2"} {
		if n := len(regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(id)+`  pass  `).FindAllString(v.Stderr, -1)); n != 1 {
			t.Errorf("%d lines of progress for Test %s", n, id)
		}
		data, err := os.ReadFile(filepath.Join(v.dir, "measurements", "test-"+id+".txt"))
		if err != nil || !regexp.MustCompile(`(?m)^20\d\d-\d\d-\d\dT[0-9:.]+Z (ok|exit code 0) after `).Match(data) {
			t.Errorf("measurements of Test %s: %v\n%s", id, err, data)
		}
	}
	text := v.findings(b)
	for _, want := range []string{
		"\nstatus: complete\n", "\ntests_run: 7 of 7\n", "\nduration: ", v.Environment.Engine, v.Environment.OS, v.Environment.Arch,
		"\n- [x] Workspace 3 returns \"workspace-03\"\n", "\n- [x] Third command: exit code 127\n", "12 containers removed", "0 left",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the findings lack %q", want)
		}
	}
	if want := []string{"Test 3.2 had 12 workspaces, not 8."}; !slices.Equal(v.Deviations, want) {
		t.Errorf("deviations: %q, want %q", v.Deviations, want)
	}
	if strings.Contains(text, "- [ ]") || strings.Contains(text, "<no value>") {
		t.Errorf("the findings of a pass:\n%s", text)
	}
	// Only containers were touched, by creation, start, exec, stop, rename and removal: nothing else has changed.
	for _, call := range mutating(p.Calls()) {
		if !regexp.MustCompile(`^(POST /containers/(create|[0-9a-f]+/(start|stop|exec|kill|wait))|POST /exec/[0-9a-f]+/start|DELETE /containers/[0-9a-f]+)$`).MatchString(call) {
			t.Errorf("verify called %s", call)
		}
	}
}
