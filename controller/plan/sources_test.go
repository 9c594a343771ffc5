package plan_test

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func source(path string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Source = &v1alpha1.Source{Path: path} }
}

// crashing has died so often that the next start would be minutes away.
func crashing(d *plan.Desired) inputEdit {
	return remembering(func(m *plan.Memory) { m.Crash = plan.Backoff{For: d.Key(), Failures: 9} })
}

// What is missing is waited for and not tried; when it is back, nothing that failed meanwhile or before delays the start.
func TestSourceThatComesBackStartsAtOnce(t *testing.T) {
	shop := specOf(source("/src/shop"))
	missing := func() *plan.Desired {
		d := want(source("/src/shop"))
		d.Missing = []string{"/src/shop"}
		return d
	}
	for name, c := range map[string]struct {
		box     engine.Container
		waiting string
		back    string
	}{
		"exited": {running(shop, exited(1)), `
=> stalled SourceNotFound: exited with code 1 after 1m0s; not started before /src/shop exists on the host
`, `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`},
		"created": {box("c1", final, engine.StateCreated, shop), `
=> stalled SourceNotFound: the container was created but never started; not started before /src/shop exists on the host
`, `
start web: the container was created but never started
  start dual-web
=> Starting: created, not started yet
`},
	} {
		for failed, edit := range map[string]inputEdit{
			"crash loop": crashing(want(source("/src/shop"))),
			"start":      failedBefore(plan.KindStart, 4),
		} {
			gone := input(missing(), having(c.box), edit)
			check(t, name+", "+failed+", missing", gone, c.waiting)
			gone.Memory = plan.Remember(gone)
			back := input(want(source("/src/shop")), having(c.box))
			back.Memory = gone.Memory
			back.Memory.Failures = nil // As after a pass: of another key.
			check(t, name+", "+failed+", back", back, c.back)
		}
	}
	// An env file is no mount: a container that exists starts without it.
	env := missing()
	env.Missing = []string{"/src/.env"}
	check(t, "env file", input(env, having(running(shop, exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`)
}
