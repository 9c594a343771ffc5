package controller

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// crashAt ends the controller at the n-th hook of a mutating call: before it takes effect, or right after.
func (r *rig) crashAt(n int) (crashed *atomic.Bool) {
	crashed = new(atomic.Bool)
	var seen atomic.Int64
	cancel := r.cancel
	r.engine.OnCall(func(c enginetest.Call) error {
		if crashed.Load() {
			return errors.New("a dead controller calls nothing")
		}
		if int(seen.Add(1)) <= n {
			return nil
		}
		crashed.Store(true)
		cancel()
		return fmt.Errorf("crash %s %s", c.Phase, c)
	})
	return crashed
}

// Trap 14: a crash before or after any call is repaired by the next controller on the same state, and on none.
func TestTrap14CrashBetweenAnyTwoCalls(t *testing.T) {
	for _, memory := range []string{"kept", "lost"} {
		for n, more := 0, true; more; n++ {
			t.Run(fmt.Sprintf("memory %s, call %d", memory, n), func(t *testing.T) {
				bubble(t, func(r *rig) {
					r.start()
					r.source.set("web", image("a:1"))
					r.apply()
					data := r.container("web").Volumes[0]
					setups := r.countSetups()
					crashed := r.crashAt(n)
					r.source.set("web", image("b:1"), setup("make"))
					r.replace()
					more = crashed.Load()
					r.stop()
					r.engine.OnCall(nil)
					if r.all() == "" {
						t.Fatal("nothing is left")
					}
					if memory == "lost" {
						r.dir = t.TempDir()
					}
					r.start()
					r.apply()
					r.rest(time.Minute)
					r.want("dual-web:running")
					r.wantReady("web", "+Running")
					if got := r.image("web"); got != "b:1" {
						t.Errorf("image %s", got)
					}
					if got := r.container("web").Volumes; len(got) != 1 || got[0] != data {
						t.Errorf("anonymous volumes %v, before %v", got, data)
					}
					if setups.Load() == 0 {
						t.Error("the setup never ran")
					}
					r.engine.ResetCalls()
					r.rest(10 * time.Minute)
					r.wantCalls()
				})
			})
		}
	}
}

func (r *rig) countSetups() *atomic.Int64 {
	n := new(atomic.Int64)
	r.engine.OnRun(func(ctxt, engine.Container, []string) (engine.RunResult, error) {
		n.Add(1)
		return engine.RunResult{}, nil
	})
	return n
}

// The engine goes away between two steps of a replacement, and comes back.
func TestEngineAwayMidReplacement(t *testing.T) {
	for n, more := 0, true; more; n++ {
		t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				r.source.set("web", image("a:1"))
				r.apply()
				var seen atomic.Int64
				var away atomic.Bool
				r.engine.OnCall(func(c enginetest.Call) error {
					if int(seen.Add(1)) == n+1 {
						away.Store(true)
						r.engine.SetUnavailable(true)
						return fmt.Errorf("%s: %w", c, engine.ErrUnavailable)
					}
					return nil
				})
				r.source.set("web", image("b:1"))
				r.replace()
				more = away.Load()
				if more {
					r.wantReady("web", "EngineUnavailable")
				}
				r.rest(10 * time.Minute)
				r.engine.OnCall(nil)
				r.engine.SetUnavailable(false)
				r.rest(time.Minute)
				r.want("dual-web:running")
				r.wantReady("web", "+Running")
				if got := r.image("web"); got != "b:1" {
					t.Errorf("image %s", got)
				}
			})
		})
	}
}

// Trap 14: the same for removals, and nothing stays behind.
func TestTrap14CrashDuringARemoval(t *testing.T) {
	for n, more := 0, true; more; n++ {
		t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				r.source.set("web", image("a:1"))
				r.apply()
				data := r.container("web").Volumes[0].Name
				crashed := r.crashAt(n)
				r.source.remove("web")
				r.apply()
				r.rest(3 * time.Second)
				more = crashed.Load()
				r.stop()
				r.engine.OnCall(nil)
				r.start()
				r.apply()
				r.rest(time.Minute)
				r.want("")
				if r.engine.HasVolume(data) {
					t.Error("the anonymous volume is left")
				}
				if names := r.records.store.Names(); len(names) > 0 {
					t.Errorf("records are left: %v", names)
				}
			})
		})
	}
}

// Trap 20: backoff and counters outlive the controller.
func TestTrap20BackoffIsKeptAcrossControllers(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.Program([]string{"crash"}, enginetest.Program{Exits: true, ExitCode: 3})
		r.start()
		r.source.set("web", command("crash"))
		r.apply()
		r.rest(20 * time.Second)
		r.wantReady("web", "CrashLoopBackOff")
		restarts := r.states.get("web").Status.RestartCount
		for range 20 {
			r.stop()
			r.start()
			r.apply()
		}
		r.wantReady("web", "CrashLoopBackOff")
		if got := r.states.get("web").Status.RestartCount; got != restarts || got < 4 {
			t.Errorf("%d restarts, then %d", restarts, got)
		}
		r.engine.ResetCalls()
		r.rest(time.Hour)
		if n := r.engine.Count("Start"); n > 16 {
			t.Errorf("%d starts in an hour of crashes", n)
		}
	})
}

func TestSetupRunsOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		setups := r.countSetups()
		r.start()
		r.source.set("web", setup("make"))
		r.apply()
		for range 3 {
			_ = r.engine.Operator().Kill("dual-web")
			r.rest(time.Minute)
			r.stop()
			r.start()
			r.apply()
		}
		r.wantReady("web", "+Running")
		if setups.Load() != 1 {
			t.Errorf("the setup ran %d times", setups.Load())
		}
	})
}

func TestSetupIsRetriedWithBackoff(t *testing.T) {
	bubble(t, func(r *rig) {
		var n atomic.Int64
		r.engine.OnRun(func(ctxt, engine.Container, []string) (engine.RunResult, error) {
			if n.Add(1) < 5 {
				return engine.RunResult{ExitCode: 2, Output: "no network\n"}, nil
			}
			return engine.RunResult{}, nil
		})
		r.start()
		r.source.set("web", setup("make"))
		r.apply()
		r.wantReady("web", "SetupFailed")
		r.rest(6900 * time.Millisecond)
		if n.Load() != 3 {
			t.Errorf("%d tries in 6.9 s, want 3: at 0, 1 and 3 s", n.Load())
		}
		r.stop()
		r.start()
		r.apply()
		if n.Load() != 3 {
			t.Errorf("a new controller tried at once")
		}
		r.rest(10 * time.Second)
		r.wantReady("web", "+Running")
		if n.Load() != 5 {
			t.Errorf("%d tries, want 5", n.Load())
		}
	})
}
