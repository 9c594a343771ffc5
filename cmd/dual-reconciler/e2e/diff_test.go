package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
)

// diffed is diff's answer for machines, as far as scripts are told of it.
type diffed struct {
	Workspaces []struct {
		Name, Reason, Message string
		Ready                 bool
		Actions               []struct {
			Action, Cause string
			Steps         []string
		}
	}
	Problems, Holds []any
}

func TestDiff(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("gone.yaml", b.sleeper("gone"))
	b.Apply(0)
	if r := b.Do("diff"); r.Code != 0 || r.Stdout != "" {
		t.Fatalf("diff of what is converged: %+v", r)
	}
	a := b.Running("a")
	before := b.stateContents()
	p.Calls()

	b.Write("a.yaml", b.sleeper("a", "hostname: other", `resources: {limits: {memory: 64Mi}}`))
	b.Write("new.yaml", b.sleeper("new"))
	b.Delete("gone.yaml")
	r := b.Do("diff")
	if r.Code != 1 {
		t.Errorf("exit code %d, want 1", r.Code)
	}
	b.wantWords("diff", r.Stdout, "recreate "+b.Name("a")+": ", "spec.hostname", "→ other",
		"create "+b.Name("new")+": no container", "  start "+b.Container("new"),
		"remove "+b.Name("gone")+": no manifest asks for it any more", "  remove "+b.Container("gone"))
	r = b.Do("diff", "-o", "json")
	var doc diffed
	if err := json.Unmarshal([]byte(r.Stdout), &doc); err != nil || r.Code != 1 {
		t.Fatalf("diff -o json: %v: %+v", err, r)
	}
	actions := map[string]string{}
	for _, w := range doc.Workspaces {
		for _, action := range w.Actions {
			if action.Cause == "" || len(action.Steps) == 0 {
				t.Errorf("%s: an action without cause or steps: %+v", w.Name, action)
			}
			actions[w.Name] = action.Action
		}
	}
	if want := map[string]string{b.Name("a"): "recreate", b.Name("new"): "create", b.Name("gone"): "remove"}; !maps.Equal(actions, want) {
		t.Errorf("actions %v, want %v", actions, want)
	}
	if doc.Problems == nil || doc.Holds == nil {
		t.Errorf("problems %v and holds %v, want lists", doc.Problems, doc.Holds)
	}

	b.Write("broken.yaml", "spec: {imag\n")
	r = b.Do("diff")
	if r.Code != 2 {
		t.Errorf("exit code %d with a broken manifest, want 2", r.Code)
	}
	b.wantWords("diff", r.Stderr, "broken.yaml:1")
	if calls := mutating(p.Calls()); len(calls) > 0 {
		t.Errorf("diff made mutating calls: %v", calls)
	}
	if after := b.stateContents(); !maps.Equal(before, after) {
		t.Errorf("diff changed the state directory: %v", slices.Collect(maps.Keys(after)))
	}
	if wrong := b.unchanged("a", a); wrong != "" {
		t.Error(wrong)
	}
	if r := b.Do("diff", "-o", "xml"); r.Code != 2 {
		t.Errorf("-o xml: %+v", r)
	}
}

// stateContents are the files of the state directory with their content.
func (b *bench) stateContents() map[string]string {
	b.Helper()
	all := map[string]string{}
	for _, file := range b.stateFiles() {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		all[file] = string(text)
	}
	return all
}
