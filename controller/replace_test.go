package controller

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// replacing is a workspace that runs, and commands that an init starts and cannot execute.
func replacing(t *testing.T, test func(r *rig, before engine.Container)) {
	bubble(t, func(r *rig) {
		r.engine.Program([]string{"nosuch", "-v"}, enginetest.Program{Exits: true, ExitCode: 127})
		r.engine.Program([]string{"noexec"}, enginetest.Program{Exits: true, ExitCode: 126})
		r.engine.Program([]string{"dies"}, enginetest.Program{Exits: true, ExitCode: 1})
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.wantReady("web", "+Running")
		r.engine.ResetCalls()
		test(r, r.container("web"))
	})
}

// runsAgain checks that nothing but the container of before is there, and runs.
func (r *rig) runsAgain(before engine.Container) {
	r.Helper()
	r.want("dual-web:running")
	if got := r.container("web").ID; got != before.ID {
		r.Fatalf("container %s runs, before %s", got, before.ID)
	}
}

// A typo in a command never takes a workspace down, although with an init the engine starts it.
func TestACommandThatCannotBeExecutedIsRolledBack(t *testing.T) {
	for command1, message := range map[string]string{
		"nosuch -v": `the command "nosuch" cannot be started: it was not found (exit code 127)`,
		"noexec":    `the command "noexec" cannot be started: it is not executable (exit code 126)`,
	} {
		t.Run(command1, func(t *testing.T) {
			replacing(t, func(r *rig, before engine.Container) {
				broken := command(strings.Fields(command1)...)
				r.source.set("web", image("a:1"), broken)
				r.replace()
				r.wantCalls("Create", "Stop", "Rename", "Rename", "Start", "Stop", "Rename", "Rename", "Start", "Discard")
				r.runsAgain(before)
				r.wantReady("web", v1alpha1.ReasonStartFailed)
				ws := r.states.get("web")
				ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
				if !strings.HasPrefix(ready.Message, message) || ws.Status.ContainerID != before.ID || ws.Status.NextRetryTime == nil {
					t.Errorf("container %s, next try %v: %s", ws.Status.ContainerID, ws.Status.NextRetryTime, ready.Message)
				}

				// Each try stops the old one for a moment, so none comes soon, nor because somebody or another controller looks.
				r.engine.ResetCalls()
				r.stop()
				r.start()
				r.apply()
				r.rest(15 * time.Second)
				r.Rescan()
				r.rest(500 * time.Millisecond)
				r.wantCalls()
				r.rest(time.Second)
				if n := r.engine.Count("Create"); n != 1 {
					t.Errorf("%d tries after 16 s, want 1", n)
				}
				r.runsAgain(before)

				r.source.set("web", image("b:1"))
				r.replace()
				r.want("dual-web:running")
				r.wantReady("web", "+Running")
				if got := r.image("web"); got != "b:1" {
					t.Errorf("image %s", got)
				}
			})
		})
	}
}

// What started and then died is a crash loop of what is wanted now.
func TestAProgramThatDiesAtOnceReplacesAllTheSame(t *testing.T) {
	replacing(t, func(r *rig, _ engine.Container) {
		r.source.set("web", command("dies"))
		r.replace()
		r.want("dual-web:exited")
		r.wantReady("web", v1alpha1.ReasonCrashLoopBackOff)
	})
}

// On a machine that takes three seconds for a start, an init takes two to find out that there is no such command.
func TestASlowMachineIsVerifiedForLonger(t *testing.T) {
	replacing(t, func(r *rig, before engine.Container) {
		var once sync.Once
		r.engine.OnCall(func(c enginetest.Call) error {
			if c.Op != "Start" || c.Phase != enginetest.Before {
				return nil
			}
			once.Do(func() {
				time.AfterFunc(5*time.Second, func() { _ = r.engine.Operator().Exit(c.Args[0], 127) })
				time.Sleep(3 * time.Second)
			})
			return nil
		})
		r.source.set("web", image("b:1"))
		r.apply()
		r.rest(7 * time.Second)
		r.want("dual-web:running")
		r.wantReady("web", v1alpha1.ReasonStartFailed)
		r.runsAgain(before)
	})
}

// While a new container is looked at, no workspace waits for that.
func TestAReplacementThatIsVerifiedDelaysNoOther(t *testing.T) {
	bubble(t, func(r *rig) {
		r.workers = 1
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.source.set("web", image("b:1"))
		r.apply()
		r.want("dual-web.old:exited dual-web:running")
		r.source.set("db")
		r.apply()
		r.want("dual-db:running dual-web.old:exited dual-web:running")
		r.rest(plan.StartCheckAfter)
		r.want("dual-db:running dual-web:running")
	})
}

// A controller that is killed while it looks leaves both containers, and the next one finds out what the new one is worth.
func TestAControllerThatIsKilledWhileItVerifies(t *testing.T) {
	for _, c := range []struct{ command, reason, image string }{
		{"", "+Running", "b:1"},
		{"noexec", v1alpha1.ReasonStartFailed, "a:1"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			replacing(t, func(r *rig, before engine.Container) {
				r.source.set("web", image("b:1"), command(strings.Fields(c.command)...))
				r.apply()
				r.kill()
				r.want("dual-web.old:exited dual-web:" + map[bool]string{true: "running", false: "exited"}[c.command == ""])
				r.start()
				r.replace()
				r.want("dual-web:running")
				r.wantReady("web", c.reason)
				if got := r.image("web"); got != c.image {
					t.Errorf("image %s, want %s", got, c.image)
				}
				if c.command != "" {
					r.runsAgain(before)
				}
			})
		})
	}
}

// A third spec that comes after such an end still finds the container that was good.
func TestAThirdSpecKeepsTheContainerThatRan(t *testing.T) {
	replacing(t, func(r *rig, before engine.Container) {
		r.source.set("web", image("b:1"), command("noexec"))
		r.apply()
		r.kill()
		r.source.set("web", image("b:1"), command("nosuch", "-v"))
		r.start()
		r.replace()
		r.wantReady("web", v1alpha1.ReasonStartFailed)
		r.runsAgain(before)
	})
}

// Somebody removes the new container before it was looked at: the old one still has the volumes.
func TestANewContainerThatIsGoneWhenItIsVerified(t *testing.T) {
	replacing(t, func(r *rig, before engine.Container) {
		r.source.set("web", image("b:1"))
		r.apply()
		if err := r.engine.Operator().Remove("dual-web"); err != nil {
			t.Fatal(err)
		}
		r.rest(5 * time.Second)
		r.want("dual-web:running")
		r.wantReady("web", "+Running")
		if got := r.container("web"); r.image("web") != "b:1" || fmt.Sprint(got.Volumes) != fmt.Sprint(before.Volumes) {
			t.Errorf("image %s, volumes %v, before %v", r.image("web"), got.Volumes, before.Volumes)
		}
	})
}

// An engine that goes away meanwhile says nothing about the new container.
func TestTheEngineGoesAwayWhileAContainerIsVerified(t *testing.T) {
	replacing(t, func(r *rig, before engine.Container) {
		r.source.set("web", command("noexec"))
		r.apply()
		r.engine.SetUnavailable(true)
		r.rest(time.Minute)
		r.want("dual-web.old:exited dual-web:exited")
		r.engine.SetUnavailable(false)
		r.rest(2 * time.Second)
		synctest.Wait()
		r.wantReady("web", v1alpha1.ReasonStartFailed)
		r.runsAgain(before)
	})
}

// The container of before still owes the setup that it owed.
func TestRollingBackKeepsADueSetup(t *testing.T) {
	replacing(t, func(r *rig, _ engine.Container) {
		r.engine.OnRun(func(ctxt, engine.Container, []string) (engine.RunResult, error) {
			return engine.RunResult{ExitCode: 1}, nil
		})
		good := setup("make")
		r.source.set("web", image("b:1"), good)
		r.replace()
		r.wantReady("web", v1alpha1.ReasonSetupFailed)
		r.source.set("web", image("b:1"), good, command("noexec"))
		r.replace()
		r.wantReady("web", v1alpha1.ReasonStartFailed)
		setups := r.countSetups()
		r.source.set("web", image("b:1"), good)
		r.apply()
		r.rest(time.Minute)
		r.wantReady("web", "+Running")
		if n := setups.Load(); n != 1 {
			t.Errorf("the setup ran %d times, want 1", n)
		}
	})
}
