package controller

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// secretive is a rig whose log is kept, and all that it says can be read.
func secretive(t *testing.T, test func(r *rig, said func() string)) {
	bubble(t, func(r *rig) {
		log := &safeLog{}
		events, err := status.OpenEvents(r.dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.opts = func(o *Options) {
			o.Events, o.Log = events, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		r.start()
		test(r, func() string {
			shown, err := json.Marshal(specdiff.Masked(r.states.get("web")))
			if err != nil {
				t.Fatal(err)
			}
			journal, err := os.ReadFile(filepath.Join(r.dir, "events.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			return log.String() + string(shown) + string(journal)
		})
	})
}

// safeLog is written by many goroutines.
type safeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (r *rig) wantNoSecret(said string, has ...string) {
	r.Helper()
	for line := range strings.SplitSeq(said, "\n") {
		if strings.Contains(line, "hunter") {
			r.Errorf("shown: %s", line)
		}
	}
	for _, text := range has {
		if !strings.Contains(said, text) {
			r.Errorf("%q is not said", text)
		}
	}
}

// env sets the environment as the manifests' source has it, files included.
func (r *rig) env(name string, pairs ...string) {
	r.source.mu.Lock()
	defer r.source.mu.Unlock()
	r.source.workspaces[name].Env = pairs
	r.source.workspaces[name].EnvFromHash = "sha256:" + strings.Join(pairs, "")
}

// TestWhatRunsInsideTellsNoSecret: a setup and a probe print their environment, traces of themselves and words of the script.
func TestWhatRunsInsideTellsNoSecret(t *testing.T) {
	secretive(t, func(r *rig, said func() string) {
		var mended atomic.Bool
		r.engine.OnRun(func(_ ctxt, c engine.Container, command []string) (engine.RunResult, error) {
			out := strings.Join(c.Details.Env, "\n") + "\n+ curl hunter9\nsh: hunter3: not found\nERR no network\n"
			if command[0] == "probe" || !mended.Load() {
				return engine.RunResult{ExitCode: 3, Output: out + strings.Join(command, " ") + "\n"}, nil
			}
			return engine.RunResult{}, nil
		})
		tell := func(s *v1alpha1.WorkspaceSpec) {
			setup("install it\nhunter3 hunter4")(s)
			probe(s)
			s.LivenessProbe.Exec.Command = []string{"probe", "--token", "hunter5"}
		}
		r.source.set("web", tell)
		r.env("web", "FROM_FILE=hunter1 hunter1", "SHORT=hunter2")
		r.apply()
		r.wantReady("web", v1alpha1.ReasonSetupFailed)
		r.wantNoSecret(said(), "setup exited with code 3", "ERR no network", "sh: ***: not found", "FROM_FILE=***", "install it")
		// The file changed, and what the container has of it is the old one.
		r.env("web", "FROM_FILE=other")
		r.wantNoSecret(said())
		mended.Store(true)
		r.rest(2 * time.Minute)
		r.wantNoSecret(said(), "the liveness probe failed 3 times in a row: exit code 3", "probe --token ***")
	})
}

// TestEngineErrorsTellNoSecret: engines quote commands, and more, in what they could not do.
func TestEngineErrorsTellNoSecret(t *testing.T) {
	for op, reason := range map[string]string{"Start": v1alpha1.ReasonStartFailed, "Create": v1alpha1.ReasonCreateFailed, "Run": v1alpha1.ReasonSetupFailed} {
		t.Run(op, func(t *testing.T) {
			secretive(t, func(r *rig, said func() string) {
				for range 3 {
					r.engine.FailNext(op, errors.New(`x: exec: "hunter swordfish": no; hunter1, -phunter2 and hunter3 are refused; exec: "program": no`))
				}
				r.source.set("web", setup("run hunter3"), command("program", "-phunter2", "hunter swordfish"))
				r.env("web", "A=hunter1")
				r.apply()
				r.wantReady("web", reason)
				r.wantNoSecret(said(), `exec: \"***\": no; ***, *** and *** are refused; exec: \"program\": no`)
			})
		})
	}
}
