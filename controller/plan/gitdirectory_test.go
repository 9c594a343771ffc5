package plan_test

import (
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// with is a container that was created with a git directory.
func with(g *specdiff.GitDirectory, spec v1alpha1.WorkspaceSpec) engine.Container {
	label, err := specdiff.LastApplied{WorkspaceSpec: spec, GitDirectory: g}.Canonical()
	if err != nil {
		panic(err)
	}
	return running(spec, inspected(engine.Limits{}), func(c *engine.Container) { c.Labels[v1alpha1.LabelSpec] = label })
}

// The git directory of a linked work tree is mounted into the first container, and after that only the same one, or the one that a
// person asked for: the workspace can write the file that names it.
func TestGitDirectory(t *testing.T) {
	repo := &specdiff.GitDirectory{Source: "/src/repo/.git", Target: "/src/repo/.git"}
	other := &specdiff.GitDirectory{Source: "/home/me/secret/.git", Target: "/home/me/secret/.git"}
	spec := specOf(source(shop))
	newer := []specEdit{source(shop), image("node:22")}
	asked := remembering(func(m *plan.Memory) {
		m.Recreate = &plan.RecreateRequest{ContainerID: "c1", Cause: "recreate requested by ann"}
	})
	for name, c := range map[string]struct {
		now     *specdiff.GitDirectory
		edits   []specEdit
		inputs  []inputEdit
		mounted *specdiff.GitDirectory
		notice  bool
		cause   string
	}{
		"the first container":        {repo, []specEdit{source(shop)}, nil, repo, false, "no container, mounts the git directory /src/repo/.git"},
		"the same again":             {repo, newer, []inputEdit{having(with(repo, spec))}, repo, false, "spec.image node:20 → node:22"},
		"another one":                {other, newer, []inputEdit{having(with(repo, spec))}, nil, true, "spec.image node:20 → node:22"},
		"one where there was none":   {other, newer, []inputEdit{having(with(nil, spec))}, nil, true, "spec.image node:20 → node:22"},
		"none any more":              {nil, newer, []inputEdit{having(with(repo, spec))}, nil, false, "spec.image node:20 → node:22"},
		"for another source":         {repo, []specEdit{source("/src/other")}, []inputEdit{having(with(nil, spec))}, repo, true, "mounts the git directory"},
		"asked for":                  {other, []specEdit{source(shop)}, []inputEdit{having(with(repo, spec)), asked}, other, true, "recreate requested by ann, mounts the git directory /home/me/secret/.git"},
		"the last container is gone": {other, []specEdit{source(shop)}, []inputEdit{remembering(func(m *plan.Memory) { m.Git = &plan.GitRecord{SourcePath: shop, Directory: repo} })}, nil, false, "no container"},
	} {
		in := input(want(c.edits...), c.inputs...)
		in.Desired.GitDirectory = c.now
		in.Memory = plan.Remember(in)
		p := plan.Make(in)
		if len(p.Actions) == 0 {
			t.Errorf("%s: %+v", name, p)
			continue
		}
		for _, step := range p.Actions[0].Steps {
			if step.Op != plan.OpCreate {
				continue
			}
			var got *specdiff.GitDirectory
			for _, m := range step.Create.Mounts {
				if m.Target != "/workspace" {
					got = &specdiff.GitDirectory{Source: m.Source, Target: m.Target}
				}
			}
			record, err := specdiff.Parse(step.Create.Labels[v1alpha1.LabelSpec])
			if err != nil || (got == nil) != (c.mounted == nil) || got != nil && *got != *c.mounted || (record.GitDirectory == nil) != (got == nil) {
				t.Errorf("%s: mounts %+v, records %+v", name, got, record.GitDirectory)
			}
		}
		if !strings.Contains(p.Actions[0].Cause, c.cause) || c.mounted == nil && strings.Contains(p.Actions[0].Cause, "git") {
			t.Errorf("%s: cause %q", name, p.Actions[0].Cause)
		}
		if (len(p.Verdict.Notices) > 0) != c.notice {
			t.Errorf("%s: notices %+v", name, p.Verdict.Notices)
		}
	}
	// Nothing is recreated for it.
	in := input(want(source(shop)), having(with(repo, spec)))
	in.Desired.GitDirectory = other
	check(t, "no cause of its own", in, `
=> ready Running: container dual-web runs
`)
}
