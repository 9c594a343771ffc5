package e2e

import (
	"os"
	"testing"
)

// What only the state directory knew is harmless to lose: of two files with one name, the container's stays in force.
func TestStateLostWithTwoDefinitions(t *testing.T) {
	b := newBench(t)
	b.Write("z.yaml", b.sleeper("web"))
	b.Apply(0)
	before := map[string]*inspected{"web": b.Running("web")}
	b.Write("a.yaml", b.sleeper("web", `env: [{name: OTHER, value: "yes"}]`))
	b.Move("manifests/z.yaml", "manifests/y.yaml")
	if err := os.RemoveAll(b.State); err != nil {
		t.Fatal(err)
	}
	if r := b.Do("diff"); r.Stdout != "" {
		t.Errorf("diff would do something:\n%s", r.Stdout)
	}
	b.Run(quick...)
	b.Shows("web", "DuplicateName", "a.yaml")
	b.Stays("the container of before stays", before)
}

// A setup that was under way when the state was lost is not taken for done.
func TestStateLostInASetup(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `setup: "while [ ! -e /go ]; do sleep 0.1; done; touch /done"`))
	l := b.Run(quick...)
	b.Shows("a", "SettingUp")
	before := b.Running("a")
	l.Kill()
	if err := os.RemoveAll(b.State); err != nil {
		t.Fatal(err)
	}
	b.Run(quick...)
	b.Shows("a", "SettingUp")
	b.Inside("a", "touch", "/go")
	b.Shows("a", "Running")
	b.Same("a", before)
	b.Inside("a", "ls", "/done")
}
