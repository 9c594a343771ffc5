package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func TestGet(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", strings.Replace(b.sleeper("a"), "\nspec:", "\n  labels: {team: web}\nspec:", 1))
	b.Write("b.yaml", b.sleeper("b", "state: Stopped"))
	b.foreign("--name", b.Container("c"), "--init", "busybox", "sleep", "1000000")
	b.Write("c.yaml", b.sleeper("c"))
	b.Apply(1)
	a := b.Running("a")
	// The same answers, whether a controller runs or not.
	t.Run("without a controller", func(t *testing.T) { b.on(t).wantGet(a) })
	l := b.Run()
	b.Says("c", "NameConflict")
	t.Run("with a controller", func(t *testing.T) { b.on(t).wantGet(a) })
	l.Stop()
}

// on is the bench in a subtest.
func (b *bench) on(t *testing.T) *bench {
	other := *b
	other.T = t
	return &other
}

func (b *bench) wantGet(a *inspected) {
	r := b.Do("get")
	rows := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	if r.Code != 0 || len(rows) != 4 || !slices.Equal(strings.Fields(rows[0]), []string{"NAME", "READY", "STATUS", "RESTARTS", "AGE", "IMAGE", "IP"}) {
		b.Fatalf("get: %+v", r)
	}
	ip := a.NetworkSettings.Networks["bridge"].IPAddress
	for i, want := range [][]string{
		{b.Name("a"), "True", "Running", "0", "", "busybox", ip},
		{b.Name("b"), "True", "Stopped", "0", "", "busybox", "<none>"},
		{b.Name("c"), "False", "NameConflict", "0", "<none>", "busybox", "<none>"},
	} {
		row := strings.Fields(rows[i+1])
		for j := range want {
			if len(row) != len(want) || want[j] != "" && row[j] != want[j] {
				b.Errorf("row %q, want %q", rows[i+1], want)
				break
			}
		}
	}
	b.wantWords("get -o wide", b.Do("get", "-o", "wide").Stdout, "CONTAINER", "MANIFEST", "MESSAGE", a.ID[:12], "a.yaml:1", b.Container("c"))

	var list v1alpha1.WorkspaceList
	if r := b.Do("get", "-o", "json"); json.Unmarshal([]byte(r.Stdout), &list) != nil || len(list.Items) != 3 || list.Kind != "WorkspaceList" {
		b.Errorf("get -o json: %+v", r)
	}
	var one v1alpha1.Workspace
	r = b.Do("get", b.Name("a"), "-o", "yaml")
	if err := yaml.Unmarshal([]byte(r.Stdout), &one); err != nil {
		b.Fatalf("get NAME -o yaml: %v: %+v", err, r)
	}
	if one.Name != b.Name("a") || one.Kind != "Workspace" || one.Status.ContainerID != a.ID || one.Status.ImageID != a.Image ||
		one.Status.IP != ip || one.Labels["team"] != "web" || one.Status.CreationTime == nil || one.Status.StartTime == nil {
		b.Errorf("get NAME -o yaml:\n%s", r.Stdout)
	}
	if got := b.Do("get", "-o", "name").Stdout; got != "workspace.dual.dev/"+b.Name("a")+"\nworkspace.dual.dev/"+b.Name("b")+"\nworkspace.dual.dev/"+b.Name("c")+"\n" {
		b.Errorf("get -o name:\n%s", got)
	}
	if got := b.Do("get", "-l", "team=web", "-o", "name").Stdout; got != "workspace.dual.dev/"+b.Name("a")+"\n" {
		b.Errorf("get -l team=web:\n%s", got)
	}
	if got := b.Do("get", "-l", "team!=web", "-o", "name").Stdout; strings.Contains(got, b.Name("a")) || strings.Count(got, "\n") != 2 {
		b.Errorf("get -l team!=web:\n%s", got)
	}
	r = b.Do("get", b.Name("a"), "nobody")
	if r.Code != 1 || !strings.Contains(r.Stdout, b.Name("a")) {
		b.Errorf("get of a known and an unknown name: %+v", r)
	}
	b.wantWords("get nobody", r.Stderr, `workspace "nobody" not found`)
	for _, args := range [][]string{{"-o", "xml"}, {"-l", "a b c"}} {
		if r := b.Do(append([]string{"get"}, args...)...); r.Code != 1 || r.Stderr == "" {
			b.Errorf("get %v: %+v", args, r)
		}
	}
}

// TestGetBesideApply: apply holds the instance's lock for as long as a setup takes, and serves no socket.
func TestGetBesideApply(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `setup: "while ! test -e /go; do sleep 0.1; done"`))
	apply := b.command("apply")
	if err := apply.Start(); err != nil {
		t.Fatal(err)
	}
	b.Running("a")
	r := b.Do("get", "-o", "name")
	if r.Code != 0 || r.Stdout != "workspace.dual.dev/"+b.Name("a")+"\n" {
		t.Errorf("get beside apply: %+v", r)
	}
	b.Inside("a", "touch", "/go")
	if err := apply.Wait(); err != nil {
		t.Errorf("apply: %v", err)
	}
}
