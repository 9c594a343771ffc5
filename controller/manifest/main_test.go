package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(templates.dir)
		os.Exit(code)
	}))
}

// fixture is a directory of manifests with its loader and its clock.
type fixture struct {
	t     *testing.T
	dir   string
	clock *clocktesting.FakePassiveClock
	l     *Loader
}

func newFixture(t *testing.T, opts ...Option) *fixture {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "manifests")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, dir: dir}
	f.restart(opts...)
	return f
}

// restart forgets all that the loader remembers, as a new process does.
func (f *fixture) restart(opts ...Option) {
	f.clock = clocktesting.NewFakePassiveClock(time.Now())
	opts = append([]Option{withClock(f.clock), WithEngineSockets([]string{"/run/docker.sock"})}, opts...)
	f.l = NewLoader(f.dir, opts...)
}

func withClock(c clock.PassiveClock) Option { return func(l *Loader) { l.clock = c } }

func withHome(dir string) Option { return func(l *Loader) { l.resolver.home = dir } }

func (f *fixture) path(rel string) string { return filepath.Join(f.dir, rel) }

func (f *fixture) write(rel, text string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(rel)), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(rel), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) load() *Snapshot {
	f.t.Helper()
	return f.l.Load()
}

// pass lets d go by.
func (f *fixture) pass(d time.Duration) { f.clock.SetTime(f.clock.Now().Add(d)) }

// want loads and checks the workspaces, as "name=image" with "!reason" if there is a problem, and why removals wait.
func (f *fixture) want(workspaces string, holds ...HoldReason) *Snapshot {
	f.t.Helper()
	s := f.load()
	if got := summary(s); got != workspaces {
		f.t.Errorf("workspaces: %q, want %q\nproblems: %+v\nholds: %+v", got, workspaces, s.Problems, s.Holds)
	}
	var reasons []HoldReason
	for _, h := range s.Holds {
		reasons = append(reasons, h.Reason)
	}
	if !slices.Equal(reasons, holds) {
		f.t.Errorf("holds: %+v, want %v", s.Holds, holds)
	}
	return s
}

func summary(s *Snapshot) string {
	var list []string
	for name, ws := range s.Workspaces {
		item := name + "=" + ws.Spec.Image
		if ws.Problem != nil {
			item += "!" + ws.Problem.Reason
		}
		list = append(list, item)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func doc(name, image string, spec ...string) string {
	text := fmt.Sprintf("apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata:\n  name: %s\nspec:\n  image: %s\n", name, image)
	for _, line := range spec {
		text += "  " + line + "\n"
	}
	return text
}
