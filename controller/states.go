package controller

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// states are the workspaces as the controller shows them.
type states struct {
	mu  sync.Mutex
	all map[string]*v1alpha1.Workspace
	// passes are the times of the snapshots that the workspaces' latest passes worked on.
	passes map[string]time.Time
	// unlooked are those whose manifest changed, and that no pass has looked at since.
	unlooked map[string]bool
	// turns are the passes that may write a workspace's status, by workspace, and turn the last one that was given.
	turns map[string]uint64
	turn  uint64
	// writing orders the changes, so that the last one to be published is the one that is in all.
	writing sync.Mutex
	// unpublished counts changes that are in all and that OnChange was not called for yet.
	unpublished atomic.Int32
	// changed is sent after each change.
	changed *broadcast
}

func newStates(changed *broadcast) *states {
	return &states{
		changed: changed,
		all:     map[string]*v1alpha1.Workspace{}, passes: map[string]time.Time{}, turns: map[string]uint64{}, unlooked: map[string]bool{},
	}
}

// publishing begins a change; the returned function ends it. Who follows the changes until all is settled must have heard of
// the last one by then, so nothing is settled in between.
func (s *states) publishing() (done func()) {
	s.unpublished.Add(1)
	return func() {
		s.unpublished.Add(-1)
		s.changed.send()
	}
}

// passed notes that a pass over a workspace is over.
func (s *states) passed(name string, snapshot time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passes[name] = snapshot
	s.changed.send()
}

func (s *states) passedSince(name string, snapshot time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.passes[name]
	return ok && !at.Before(snapshot)
}

func (s *states) get(name string) *v1alpha1.Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

func (s *states) put(ws *v1alpha1.Workspace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[ws.Name] = ws
}

func (s *states) remove(name string) *v1alpha1.Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.all[name]
	delete(s.all, name)
	delete(s.unlooked, name)
	return ws
}

// Workspaces are all workspaces as they stand, by name; those of the manifests that no pass has looked at yet are pending. They
// are shared: read only.
func (c *Controller) Workspaces() []*v1alpha1.Workspace {
	c.states.mu.Lock()
	all := maps.Clone(c.states.all)
	c.states.mu.Unlock()
	for _, name := range c.desired.names() {
		if w := c.desired.manifest(name); all[name] == nil && w != nil {
			pending := plan.Plan{Name: name, Verdict: plan.Verdict{Reason: v1alpha1.ReasonPending, Message: plan.Text{"not looked at yet"}}}
			all[name] = describe(view{manifest: w, in: plan.Input{Now: c.Clock.Now()}}, pending, c.Store.Get(name), "", "")
		}
	}
	out := make([]*v1alpha1.Workspace, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}

// show publishes a workspace's state, unless the view is not the newest any more. reconciling is the reason while an action
// runs, else empty.
func (c *Controller) show(v view, p plan.Plan, reconciling, message string) {
	c.states.writing.Lock()
	defer c.states.writing.Unlock()
	if c.connection.disconnected() != nil || !c.states.current(p.Name, v.turn) {
		return
	}
	defer c.states.look(p.Name)
	record := c.Store.Get(p.Name)
	notSaved := c.notSaved(p.Name)
	p.Verdict.Notices = append(slices.Clone(p.Verdict.Notices), notSaved...)
	ws := describe(v, p, record, reconciling, message)
	before := c.states.get(p.Name)
	if before != nil && unchanged(before.Status, ws.Status) && unchangedSpec(before, ws) {
		return
	}
	defer c.states.publishing()()
	c.states.put(ws)
	err := c.Store.Update(p.Name, func(r *status.Record) {
		r.Status = ws.Status
		if w := v.manifest; w != nil {
			r.Status.Manifest.File = w.File // As it is named: the next process looks for it.
		}
	})
	c.keep(err)
	if err != nil && notSaved == nil {
		c.queue.Add(p.Name) // To say so.
	}
	if p.Verdict.Reason == v1alpha1.ReasonHeld && reason(record.Status) != v1alpha1.ReasonHeld {
		c.record(status.EventWarning, p.Name, v1alpha1.ReasonHeld, p.Verdict.Message.In(time.Local))
	}
	for _, n := range p.Verdict.Notices {
		was := meta.FindStatusCondition(record.Status.Conditions, n.Type)
		if n.Type != v1alpha1.ConditionStateNotSaved && (was == nil || was.Message != n.Message) {
			c.record(status.EventWarning, p.Name, n.Type, n.Message)
		}
	}
	if c.OnChange != nil {
		c.OnChange(ws, false)
	}
}

// reason of the condition Ready.
func reason(s v1alpha1.WorkspaceStatus) string {
	if ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

// showOffline says of a workspace that nothing can be said.
func (c *Controller) showOffline(name, message string) {
	c.showChanged(name, plan.Verdict{Reason: v1alpha1.ReasonEngineUnavailable, Message: plan.Text{message}, Stalled: true}, "", "")
}

// showEdited says of a workspace that its manifest is another one now: what was said of the one before does not count any
// more, and neither does what a pass that is under way on that one still has to say.
func (c *Controller) showEdited(name string) {
	if c.connection.disconnected() != nil || c.states.get(name) == nil {
		return
	}
	c.states.begin(name)
	c.states.overlook(name)
	c.showChanged(name, plan.Verdict{
		Reason: v1alpha1.ReasonPending, Message: plan.Text{"the manifest changed, and was not looked at yet"}, Reconciling: true,
	}, "", "")
}

// showChanged publishes another verdict on a workspace of which nothing else is known to have changed.
func (c *Controller) showChanged(name string, v plan.Verdict, reconciling, message string) {
	c.states.writing.Lock()
	defer c.states.writing.Unlock()
	before := c.states.get(name)
	if before == nil {
		w := c.desired.manifest(name)
		if w == nil {
			return
		}
		// Not seen since the start: what is known of it is its manifest, and what was kept.
		before = describe(view{manifest: w}, plan.Plan{Name: name}, c.Store.Get(name), "", "")
	}
	ws := before.DeepCopy()
	v.Notices = status.Notices(before.Status.Conditions)
	ws.Status.Conditions = status.Conditions(ws.Status.Conditions, v, reconciling, message, c.Clock.Now())
	if unchanged(before.Status, ws.Status) {
		return
	}
	defer c.states.publishing()()
	c.states.put(ws)
	if c.OnChange != nil {
		c.OnChange(ws, false)
	}
}

// unchanged reports whether two statuses are the same to a reader.
func unchanged(a, b v1alpha1.WorkspaceStatus) bool { return reflect.DeepEqual(a, b) }

func unchangedSpec(a, b *v1alpha1.Workspace) bool {
	return a.Status.Manifest == b.Status.Manifest && maps.Equal(a.Labels, b.Labels) &&
		len(specdiff.Changes(specdiff.LastApplied{WorkspaceSpec: a.Spec}, specdiff.LastApplied{WorkspaceSpec: b.Spec}, a.Name)) == 0
}

// describe is a workspace with its status.
func describe(v view, p plan.Plan, record status.Record, reconciling, message string) *v1alpha1.Workspace {
	ws := &v1alpha1.Workspace{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name},
	}
	if w := v.manifest; w != nil {
		ws.Labels, ws.Annotations, ws.Spec = w.Labels, w.Annotations, *w.Spec.DeepCopy()
		ws.Status.Manifest = v1alpha1.ManifestPosition{File: printable.Line(w.File), Line: int32(w.Line)}
		ws.Status.Revision = w.Revision
		if w.Spec.Image == "" {
			// Broken ever since this process began: in force is what an earlier one read, at the revision that it noted.
			ws.Status.Revision = record.Status.Revision
		}
	}
	if p.Current != nil && (ws.Spec.Image == "" || v.in.Unapproved != nil) {
		ws.Spec = *p.LastApplied.WorkspaceSpec.DeepCopy()
	}
	v1alpha1.SetDefaults(&ws.Spec, p.Name)
	st := &ws.Status
	st.Conditions = status.Conditions(record.Status.Conditions, p.Verdict, reconciling, message, v.in.Now)
	st.RestartCount = record.Memory.Restarts
	if !p.Verdict.NextTry.IsZero() {
		at := metav1.NewTime(p.Verdict.NextTry)
		st.NextRetryTime = &at
	}
	if c := p.Current; c != nil {
		st.ContainerID, st.ImageID = c.ID, c.ImageID
		if git := p.LastApplied.GitDirectory; git != nil {
			st.GitDirectory = git.Source
		}
		st.IP, _ = c.On(ws.Spec.Network)
		created := metav1.NewTime(c.Created)
		st.CreationTime = &created
		st.StartTime = startedAt(c, record)
	}
	return ws
}

// startedAt is known after an inspection, and kept for as long as the container stays the same.
func startedAt(c *engine.Container, record status.Record) *metav1.Time {
	if c.Details != nil && !c.Details.StartedAt.IsZero() {
		at := metav1.NewTime(c.Details.StartedAt)
		return &at
	}
	if record.Status.ContainerID == c.ID {
		return record.Status.StartTime
	}
	return nil
}
