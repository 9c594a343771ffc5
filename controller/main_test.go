package controller

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const directory = "/manifests"

// fakeSource delivers what a test puts into it, and on a rescan the same again at that time.
type fakeSource struct {
	mu         sync.Mutex
	workspaces map[string]*manifest.Workspace
	holds      []manifest.Hold
	pending    []*manifest.Snapshot
	rescans    int
	wake       chan struct{}
}

func newSource() *fakeSource {
	return &fakeSource{workspaces: map[string]*manifest.Workspace{}, wake: make(chan struct{}, 1)}
}

func (s *fakeSource) Run(ctx context.Context, deliver func(*manifest.Snapshot)) error {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
		s.mu.Lock()
		pending := s.pending
		s.pending = nil
		s.mu.Unlock()
		for _, snapshot := range pending {
			deliver(snapshot)
		}
	}
}

func (s *fakeSource) AllowEmpty() {}

func (s *fakeSource) Rescan() {
	s.mu.Lock()
	s.rescans++
	s.mu.Unlock()
	s.deliver()
}

// deliver makes a snapshot of what there is.
func (s *fakeSource) deliver() {
	s.mu.Lock()
	snapshot := &manifest.Snapshot{Dir: directory, Time: time.Now(), Workspaces: map[string]*manifest.Workspace{}, Holds: s.holds}
	for name, w := range s.workspaces {
		snapshot.Workspaces[name] = w
	}
	s.pending = append(s.pending, snapshot)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

type specEdit func(*v1alpha1.WorkspaceSpec)

func (s *fakeSource) set(name string, edits ...specEdit) {
	w := &manifest.Workspace{Name: name, File: name + ".yaml", Line: 1, Spec: v1alpha1.WorkspaceSpec{Image: "busybox:latest"}}
	for _, edit := range edits {
		edit(&w.Spec)
	}
	v1alpha1.SetDefaults(&w.Spec, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workspaces[name] = w
}

func (s *fakeSource) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.workspaces, name)
}

func (s *fakeSource) hold(reasons ...manifest.Hold) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds = reasons
}

// rig is a controller on an engine in memory. Inside a synctest bubble time stands still until a test sleeps.
type rig struct {
	testing.TB
	engine *enginetest.Memory
	// through is what the controller talks to; the engine itself unless a test puts something between.
	through engine.Engine
	source  *fakeSource
	dir     string
	workers int
	opts    func(*Options)

	*Controller
	force  chan struct{}
	cancel context.CancelFunc
	ended  chan error
}

// bubble runs a test on fake time.
func bubble(t *testing.T, test func(*rig)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, dir)
		defer r.stop()
		test(r)
	})
}

func newRig(t testing.TB, dir string) *rig {
	m := enginetest.NewMemory(enginetest.Options{})
	for _, ref := range []string{"a:1", "b:1", "c:1"} {
		m.AddPullable(ref, enginetest.ImageOptions{Volumes: []string{"/data"}})
	}
	return &rig{TB: t, engine: m, through: m, source: newSource(), dir: dir, workers: 8}
}

// start starts a controller on the state that the one before left.
func (r *rig) start() {
	r.Helper()
	store, err := status.Open(r.dir)
	if err != nil {
		r.Fatal(err)
	}
	o := Options{
		Instance: "test", Directory: directory, Engine: r.through, Source: r.source, Store: store,
		Log: slog.New(slog.DiscardHandler), Workers: r.workers, PruneDelay: 2 * time.Second, Resync: 30 * time.Second,
	}
	r.force = make(chan struct{})
	o.Force = r.force
	if r.opts != nil {
		r.opts(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.Controller, r.cancel, r.ended = New(o), cancel, make(chan error, 1)
	c, ended := r.Controller, r.ended
	go func() { ended <- c.Run(ctx) }()
}

// stop ends the controller, if one runs, and waits for it.
func (r *rig) stop() {
	r.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	if err := <-r.ended; err != nil {
		r.Errorf("Run = %v", err)
	}
}

// kill ends the controller as a second signal does.
func (r *rig) kill() {
	r.Helper()
	close(r.force)
	r.stop()
}

// apply delivers the manifests and lets the controller do all that it does at once.
func (r *rig) apply() {
	r.source.deliver()
	synctest.Wait()
}

// replace is apply where a replacement has to be verified before it is over.
func (r *rig) replace() {
	r.apply()
	r.rest(plan.StartCheckAfter)
}

// rest lets some time pass.
func (r *rig) rest(d time.Duration) {
	time.Sleep(d) // Fake time: it ends when everything else waits.
	synctest.Wait()
}

func (r *rig) container(name string) engine.Container {
	r.Helper()
	c, ok := r.engine.Get(v1alpha1.ContainerName(name))
	if !ok {
		r.Fatalf("no container %s; there are %s", v1alpha1.ContainerName(name), r.all())
	}
	return c
}

// image that the container of a workspace was made from.
func (r *rig) image(name string) string {
	r.Helper()
	spec, _ := r.engine.Spec(r.container(name).ID)
	return spec.Image
}

// all are the containers in short.
func (r *rig) all() string {
	var out []string
	for _, c := range r.engine.All() {
		out = append(out, fmt.Sprintf("%s:%s", c.Name, c.State))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (r *rig) want(all string) {
	r.Helper()
	if got := r.all(); got != all {
		r.Fatalf("containers %q, want %q", got, all)
	}
}

// ready returns the reason and message of the condition Ready, with a + before it where it is true.
func (r *rig) ready(name string) string {
	ws := r.states.get(name)
	if ws == nil {
		return "unknown"
	}
	c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
	if c.Status == "True" {
		return "+" + c.Reason
	}
	return c.Reason
}

func (r *rig) wantReady(name, reason string) {
	r.Helper()
	if got := r.ready(name); got != reason {
		ws := r.states.get(name)
		if ws != nil {
			r.Logf("conditions: %+v", ws.Status.Conditions)
		}
		r.Fatalf("workspace %s is %s, want %s", name, got, reason)
	}
}

// calls are the mutating calls since the last ResetCalls, in order.
func (r *rig) calls() []string {
	var out []string
	for _, c := range r.engine.Calls() {
		if c.Mutating {
			out = append(out, c.Op)
		}
	}
	return out
}

func (r *rig) wantCalls(ops ...string) {
	r.Helper()
	if got := r.calls(); !slices.Equal(got, ops) {
		r.Fatalf("mutating calls %v, want %v", got, ops)
	}
}

func image(ref string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.Image = ref } }

func stopped(s *v1alpha1.WorkspaceSpec) { s.State = v1alpha1.StateStopped }

func setup(command string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.Setup = command } }

func command(words ...string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Command = words }
}

type ctxt = context.Context
