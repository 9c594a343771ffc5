package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// Two projects with a workspace of the same name and nothing but defaults: the second touches nothing of the first one's.
func TestAnotherProjectReplacesNothing(t *testing.T) {
	b := newBench(t)
	b.Write("web.yaml", b.sleeper("web"))
	b.Write("api.yaml", b.sleeper("api"))
	b.Apply(0)
	before := map[string]*inspected{"web": b.Running("web"), "api": b.Running("api")}
	first := b.Dir

	b.Dir = filepath.Join(b.Root, "second")
	b.Write("web.yaml", b.sleeper("web", `env: [{name: OTHER, value: "yes"}]`))
	r := b.Apply(1)
	b.wantWords("apply in the second project", r.Stdout+r.Stderr, "Held", first, b.Dir, "--takeover")
	r = b.Do("diff")
	if r.Code != 1 || r.Stdout != "" { // It waits for a person, which is not the same as nothing to do.
		t.Errorf("diff would do something, exit code %d:\n%s", r.Code, r.Stdout)
	}
	b.wantWords("diff in the second project", r.Stderr, first, b.Dir, "--takeover")
	for _, verb := range [][]string{{"restart", b.Name("web")}, {"recreate", b.Name("web")}, {"down", b.Name("web")}, {"down", "--yes"}} {
		r := b.Do(verb...)
		if r.Code != 1 {
			t.Errorf("%v: exit code %d", verb, r.Code)
		}
		b.wantWords(verb[0], r.Stderr, first, "--takeover")
	}
	l := b.Run(quick...)
	b.Shows("web", "Held", first, b.Dir, "--takeover")
	b.Stays("another project's workspaces stay", before)
	l.Stop()

	// The directory is compared as a file.
	link := filepath.Join(b.Root, "link")
	if err := os.Symlink(first, link); err != nil {
		t.Fatal(err)
	}
	b.Dir = link + "/"
	b.Apply(0)
	b.Stays("a link to the directory is the directory", before)
	b.Dir = filepath.Join(b.Root, "second")
	if r := b.Do("diff", "--takeover"); r.Code != 1 {
		t.Errorf("diff --takeover: exit code %d", r.Code)
	}
	if r := b.Do("apply", "--takeover", "--prune-delay", "100ms"); r.Code != 0 {
		t.Fatalf("apply --takeover: %+v", r)
	}
	b.Replaced("web", before["web"])
	b.Gone("api")
	b.Apply(0)
	if r := b.Do("down", "--yes"); r.Code != 0 {
		t.Errorf("down: %+v", r)
	}
	b.Gone("web")
}

// Two machines with a directory of the same path share an engine.
func TestAnotherMachinePrunesNothing(t *testing.T) {
	b := newBench(t)
	b.Write("web.yaml", b.sleeper("web"))
	b.Write("api.yaml", b.sleeper("api"))
	b.Apply(0)
	before := map[string]*inspected{"web": b.Running("web"), "api": b.Running("api")}
	if before["web"].Config.Labels["dual.dev/machine"] == "" {
		t.Error("the container does not say which machine it came from")
	}

	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	here := b.State
	b.State, b.Env = t.TempDir(), []string{"DUAL_MACHINE_ID=the-other-machine"}
	b.Delete("api.yaml")
	b.Write("web.yaml", b.sleeper("web", `env: [{name: OTHER, value: "yes"}]`))
	l := b.Run(quick...)
	for _, short := range []string{"web", "api"} {
		b.Shows(short, "Held", "machine", host, b.Dir, "--takeover")
	}
	b.Stays("another machine's workspaces stay", before)
	l.Stop()
	if r := b.Do("down", "--yes"); r.Code != 1 {
		t.Errorf("down on the other machine: %+v", r)
	}
	b.Stays("another machine's workspaces stay", before)

	b.State, b.Env = here, nil
	b.Write("api.yaml", b.sleeper("api"))
	b.Write("web.yaml", b.sleeper("web"))
	b.Apply(0)
	b.Stays("they are still this machine's", before)
}

// A person's word makes an empty directory the truth.
func TestTakeoverOfAnEmptyDirectory(t *testing.T) {
	b := newBench(t)
	b.Write("web.yaml", b.sleeper("web"))
	b.Apply(0)
	b.Dir = filepath.Join(b.Root, "empty")
	if err := os.Mkdir(b.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b.Run("--takeover", "--prune-delay", "100ms")
	b.Gone("web")
}
