package verify

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func red(r *Report) (red []string) {
	for _, t := range r.Tests {
		if !t.Passed {
			red = append(red, t.ID)
		}
	}
	return red
}

func resultOf(r *Report, id string) *Result {
	return r.Tests[slices.IndexFunc(r.Tests, func(t *Result) bool { return t.ID == id })]
}

func TestIsolatedPasses(t *testing.T) {
	r, h := fakeRun(t, nil)
	if !r.Passed || len(red(r)) > 0 || r.Ran != 7 || r.Status != "complete" {
		t.Fatalf("passed %v, red %v, %d run, %s", r.Passed, red(r), r.Ran, r.Status)
	}
	// The bridge's own address is not asked, and a workspace's once.
	if want := []string{"127.0.0.1", "192.168.1.7", "172.17.0.2"}; !slices.Equal(h.asked, want) {
		t.Errorf("asked from the host: %v, want %v", h.asked, want)
	}
}

// Each fault turns the tests red that are about it, and no other; the first of them says the words.
func TestFaultsTurnTheRightTestsRed(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(f *fakes, h *fakeHost, o *Options)
		red     []string
		why     string
	}{
		{"a creation fails", func(f *fakes, _ *fakeHost, _ *Options) {
			f.onConverge = func(n int) error {
				if n == first {
					return errors.New("no space left")
				}
				return nil
			}
		}, []string{"1.1"}, "no space left"},
		{"one does not run", func(f *fakes, _ *fakeHost, _ *Options) {
			f.states[8] = State{ID: "8", Text: "exited", Reason: "CrashLoopBackOff", Message: "exited with code 1"}
		}, []string{"3.2"}, "arch-net-8 is exited: CrashLoopBackOff: exited with code 1"},
		{"one runs and is not ready", func(f *fakes, _ *fakeHost, _ *Options) {
			f.states[3] = State{ID: "3", Text: "running", Running: true, Reason: "UpdateFailed", Address: netip.MustParseAddr("172.17.0.4")}
		}, []string{"1.1", "3.2"}, "arch-net-3 is not ready: UpdateFailed"},
		{
			"nobody listens in one", func(f *fakes, _ *fakeHost, _ *Options) { f.deaf[3] = true },
			[]string{"1.1", "1.2", "4.1", "3.2"},
			"arch-net-3: none of its processes listens on :3000",
		},
		{
			"another's answer", func(f *fakes, _ *fakeHost, _ *Options) { f.bodies[3] = "workspace-01" },
			[]string{"1.2", "3.2"},
			`arch-net-3 answered "workspace-01", not "workspace-03"`,
		},
		{
			"a shared namespace", func(f *fakes, _ *fakeHost, _ *Options) { f.spaces[3], f.spaces[1] = "net:[1]", "net:[1]" },
			[]string{"1.2"},
			"arch-net-1 and arch-net-3 share net:[1]",
		},
		{"a lost exit code", func(f *fakes, _ *fakeHost, _ *Options) { f.codes["exit 42"] = 0 }, []string{"1.3"}, "it was 0"},
		{"exit codes that are all alike", func(f *fakes, _ *fakeHost, _ *Options) { f.codes["exit 0"] = 42 }, []string{"1.3"}, "it was 42"},
		{"one address for two", func(f *fakes, _ *fakeHost, _ *Options) {
			f.onConverge = func(int) error {
				s := f.states[2]
				s.Address = f.states[1].Address
				f.states[2] = s
				return nil
			}
		}, []string{"2.1"}, "arch-net-1 and arch-net-2 both have 172.17.0.2"},
		{
			"another subnet", func(f *fakes, _ *fakeHost, _ *Options) { f.subnet = netip.MustParsePrefix("10.88.0.0/16") },
			[]string{"2.1"},
			"arch-net-1 has 172.17.0.2",
		},
		{"a restart restarts another", func(f *fakes, _ *fakeHost, _ *Options) {
			f.also = func(f *fakes) {
				s := f.states[3]
				s.StartedAt = s.StartedAt.Add(1)
				f.states[3] = s
			}
		}, []string{"3.1"}, "arch-net-3 was started again"},
		{"a restart replaces another", func(f *fakes, _ *fakeHost, _ *Options) {
			f.also = func(f *fakes) {
				s := f.states[1]
				s.ID = "other"
				f.states[1] = s
			}
		}, []string{"3.1"}, "arch-net-1 is another container"},
		{
			"a restart silences another", func(f *fakes, _ *fakeHost, _ *Options) { f.also = func(f *fakes) { f.deaf[1] = true } },
			[]string{"4.1", "3.1", "3.2"},
			"",
		},
		{
			"a published port", func(f *fakes, _ *fakeHost, _ *Options) { f.published[5] = []string{"0.0.0.0:8080->3000/tcp"} },
			[]string{"4.1"},
			"arch-net-5 publishes 0.0.0.0:8080->3000/tcp",
		},
		{"a leak on the host", func(_ *fakes, h *fakeHost, _ *Options) {
			h.busy = syscall.EADDRINUSE
			h.replies["192.168.1.7"] = Reply{200, "workspace-07\n"}
		}, []string{"4.1"}, "address already in use"},
		{
			"a leak that leaves the port free", func(_ *fakes, h *fakeHost, _ *Options) { h.replies["127.0.0.1"] = Reply{200, "workspace-02\n"} },
			[]string{"4.1"},
			"arch-net-2 answers at 127.0.0.1:3000",
		},
		{
			"another workspace at the address", func(_ *fakes, h *fakeHost, _ *Options) { h.replies["172.17.0.2"] = Reply{200, "workspace-04\n"} },
			[]string{"4.1"},
			"workspace 4 answers",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := fakeRun(t, c.arrange)
			slices.Sort(c.red)
			if r.Passed || r.Inconclusive || r.Ran != 7 || !slices.Equal(red(r), c.red) {
				t.Fatalf("passed %v, %d run, red %v, want %v", r.Passed, r.Ran, red(r), c.red)
			}
			if wrong := strings.Join(resultOf(r, c.red[0]).Wrong(), "\n"); !strings.Contains(wrong, c.why) {
				t.Errorf("Test %s does not say %q:\n%s", c.red[0], c.why, wrong)
			}
		})
	}
}

// What gets no answer in time is neither right nor wrong: nothing follows from it, whatever got an answer beside it.
func TestNoAnswerInTimeIsInconclusive(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(f *fakes, h *fakeHost, o *Options)
		open    []string
		why     string
	}{
		{
			"one never answers", func(f *fakes, _ *fakeHost, _ *Options) { f.hangs[3] = true },
			[]string{"1.1", "1.2", "3.2", "4.1"},
			"arch-net-3: whether a process of its own listens on :3000 is not known: no answer in 3m0s, tried 6 times",
		},
		{
			"the workspaces are not brought up in time", func(f *fakes, _ *fakeHost, _ *Options) {
				f.states[2] = State{Text: "absent"}
				f.onConverge = func(n int) error {
					if n == first {
						return context.DeadlineExceeded
					}
					return nil
				}
			},
			[]string{"1.1", "2.1"},
			"arch-net-2 is absent",
		},
		{"the engine goes away", func(f *fakes, _ *fakeHost, _ *Options) {
			f.onConverge = func(int) error { return engine.ErrUnavailable }
		}, []string{"1.1", "3.2"}, "All three workspaces are created without an error: no answer in 3m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := fakeRun(t, c.arrange)
			var open []string
			for _, test := range r.Tests {
				if test.Inconclusive {
					open = append(open, test.ID)
				}
			}
			if c.name == "the workspaces are not brought up in time" {
				// Once the others were brought up, one that is still absent is a failure.
				if !slices.Equal(open, c.open) || r.Inconclusive || resultOf(r, "3.2").Outcome() != "FAIL" {
					t.Fatalf("inconclusive: %v, want %v; red: %v", open, c.open, red(r))
				}
			} else if r.Passed || !r.Inconclusive || !slices.Equal(open, c.open) || !slices.Equal(red(r), c.open) || !strings.HasPrefix(r.LoadAverage, "9.10") {
				t.Fatalf("passed %v, inconclusive %v: %v, want %v; red %v; load %q", r.Passed, r.Inconclusive, open, c.open, red(r), r.LoadAverage)
			}
			if wrong := strings.Join(resultOf(r, c.open[0]).Wrong(), "\n"); !strings.Contains(wrong, c.why) {
				t.Errorf("Test %s does not say %q:\n%s", c.open[0], c.why, wrong)
			}
		})
	}
	t.Run("a late answer is an answer", func(t *testing.T) {
		r, _ := fakeRun(t, func(f *fakes, _ *fakeHost, _ *Options) { f.slow[1], f.slow[7] = 3, 5 })
		if !r.Passed {
			t.Errorf("red: %v", red(r))
		}
	})
	t.Run("a wrong answer decides", func(t *testing.T) {
		r, _ := fakeRun(t, func(f *fakes, _ *fakeHost, _ *Options) { f.hangs[3], f.bodies[1] = true, "workspace-02" })
		if r.Passed || r.Inconclusive || resultOf(r, "1.2").Outcome() != "FAIL" || resultOf(r, "1.1").Outcome() != "inconclusive" {
			t.Errorf("inconclusive %v, 1.1 %s, 1.2 %s", r.Inconclusive, resultOf(r, "1.1").Outcome(), resultOf(r, "1.2").Outcome())
		}
	})
}

func TestTestsRunInTheOrderOfTheReport(t *testing.T) {
	r, _ := fakeRun(t, nil)
	if len(r.Deviations) > 0 {
		t.Errorf("deviations: %v", r.Deviations)
	}
	if !slices.IsSortedFunc(r.Tests, func(a, b *Result) int { return a.Started.Compare(b.Started) }) ||
		!slices.IsSortedFunc(r.Tests, func(a, b *Result) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the tests are not in order")
	}
}

func TestHostDependsOnThePlatform(t *testing.T) {
	for _, c := range []struct {
		name      string
		arrange   func(h *fakeHost)
		reachable bool
		deviation string
	}{
		{"Linux", func(*fakeHost) {}, true, ""},
		{"Docker Desktop", func(h *fakeHost) { delete(h.replies, "172.17.0.2") }, false, ""},
		{"the bridge's addresses are somebody else's", func(h *fakeHost) { h.replies["172.17.0.2"] = Reply{200, "a router"} }, false, "routes the bridge's addresses elsewhere"},
		{"the user's server on the port", func(h *fakeHost) {
			h.busy, h.replies["127.0.0.1"] = syscall.EADDRINUSE, Reply{404, "not found"}
		}, true, `127.0.0.1:3000: answered 404 "not found"`},
		{"a silent holder of the port", func(h *fakeHost) { h.busy = syscall.EADDRINUSE }, true, "something that does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := fakeRun(t, func(_ *fakes, h *fakeHost, _ *Options) { c.arrange(h) })
			if !r.Passed {
				t.Fatalf("red: %v: %v", red(r), resultOf(r, "4.1").Wrong())
			}
			measured := map[string]any{}
			for _, m := range resultOf(r, "4.1").Measurements {
				measured[m.Name] = m.Value
			}
			meaning, _ := measured["Meaning for a reverse proxy"].(string)
			if measured["Bridge address answers the host"] != c.reachable || strings.Contains(meaning, "cannot") == c.reachable {
				t.Errorf("reachable: %v, %s", measured["Bridge address answers the host"], meaning)
			}
			if all := strings.Join(r.Deviations, "\n"); !strings.Contains(all, c.deviation) || c.deviation == "" && strings.Contains(all, "4.1:") {
				t.Errorf("deviations: %s", all)
			}
		})
	}
}

func TestLeftoversFailTheRun(t *testing.T) {
	r, _ := fakeRun(t, func(f *fakes, _ *fakeHost, _ *Options) { f.left = []string{"dual-arch-net-3"} })
	if r.Passed || len(red(r)) > 0 || r.Teardown.Removed != 7 {
		t.Errorf("passed %v, red %v, teardown %+v", r.Passed, red(r), r.Teardown)
	}
}

func TestInterrupted(t *testing.T) {
	r, _ := fakeRun(t, func(f *fakes, _ *fakeHost, o *Options) {
		o.Started = func(t *Result) {
			if t.ID == "2.1" {
				f.interrupt()
			}
		}
	})
	if r.Passed || r.Status != "interrupted" || r.Ran != 3 || !slices.Equal(red(r), []string{"2.1", "3.1", "3.2", "4.1"}) {
		t.Errorf("passed %v, %s, %d run, red %v", r.Passed, r.Status, r.Ran, red(r))
	}
	if r.Teardown.Removed != 3 || !r.Teardown.Passed {
		t.Errorf("teardown: %+v", r.Teardown)
	}
	if len(resultOf(r, "3.1").Procedure) > 0 {
		t.Error("a test was begun after the interruption")
	}
}
