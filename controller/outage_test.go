package controller

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// The end of the controller, and a newer spec, come while the previous container is being stopped.
func TestAReplacementThatBeganIsCarriedThrough(t *testing.T) {
	for name, c := range map[string]struct {
		command, image string
		end            func(*rig)
	}{
		"end":                      {"", "b:1", (*rig).stop},
		"end, and it must go back": {"nosuch", "a:1", (*rig).stop},
		"newer spec": {"", "c:1", func(r *rig) {
			r.source.set("web", image("c:1"))
			r.replace()
			r.rest(20 * time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.engine.Program([]string{"stubborn"}, enginetest.Program{IgnoresTerm: true})
				r.engine.Program([]string{"nosuch"}, enginetest.Program{Exits: true, ExitCode: 127})
				r.start()
				r.source.set("web", image("a:1"), command("stubborn"))
				r.apply()
				var words []string
				if c.command != "" {
					words = []string{c.command}
				}
				r.source.set("web", image("b:1"), command(words...))
				r.apply()
				r.rest(time.Second) // The grace period is ten seconds.
				r.want("dual-web.next:created dual-web:running")
				c.end(r)
				r.want("dual-web:running")
				if got := r.image("web"); got != c.image {
					t.Errorf("image %s, want %s", got, c.image)
				}
			})
		})
	}
}

// A container of somebody else holds a name that a replacement needs: nothing is stopped.
func TestANameThatIsTakenStopsNothing(t *testing.T) {
	replacing(t, func(r *rig, before engine.Container) {
		if _, err := r.engine.Operator().AddForeign("dual-web.old"); err != nil {
			t.Fatal(err)
		}
		r.source.set("web", image("b:1"))
		r.replace()
		r.rest(time.Minute)
		r.wantCalls()
		r.wantReady("web", v1alpha1.ReasonNameConflict)
		r.want("dual-web.old:running dual-web:running")
		_ = r.engine.Operator().Remove("dual-web.old")
		r.rest(time.Minute)
		r.wantReady("web", "+Running")
		if got := r.image("web"); got != "b:1" {
			t.Errorf("image %s after the name is free", got)
		}
	})
}
