package controller

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// publisher publishes the states of workspaces: to those who ask, to OnChange, and into the records.
type publisher struct {
	states     *states
	records    *records
	desired    *desired
	connection *connection
	onChange   func(ws *v1alpha1.Workspace, deleted bool)
	// requeue has a workspace reconciled again.
	requeue func(name string)
	// writing orders the changes, so that the last one to be published is the one in states.
	writing sync.Mutex
}

// all returns all workspaces by name. Those of the manifests that were not reconciled yet are pending. They are
// shared: read only.
func (p *publisher) all() []*v1alpha1.Workspace {
	all := p.states.list()
	for _, name := range p.desired.names() {
		if w := p.desired.manifest(name); all[name] == nil && w != nil {
			pending := plan.Plan{Name: name, Verdict: plan.Verdict{Reason: v1alpha1.ReasonPending, Message: plan.Text{"not reconciled yet"}}}
			all[name] = describe(view{manifest: w, in: plan.Input{Now: time.Now()}}, pending, p.records.store.Get(name), "", "")
		}
	}
	out := make([]*v1alpha1.Workspace, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}

// publish publishes a workspace's state, unless the view is not the newest any more. reconciling is the reason while
// an action runs, else "".
func (p *publisher) publish(v view, pl plan.Plan, reconciling, message string) {
	p.writing.Lock()
	defer p.writing.Unlock()
	name := pl.Name
	if p.connection.now().cause != nil || p.states.of(name).lease != v.lease {
		return
	}
	defer p.states.update(name, func(known *state) { known.edited = false })
	record := p.records.store.Get(name)
	notSaved := p.records.notSaved(name)
	pl.Verdict.Notices = append(slices.Clone(pl.Verdict.Notices), notSaved...)
	ws := describe(v, pl, record, reconciling, message)
	if before := p.states.get(name); before != nil && sameStatus(before, ws) && sameSpec(before, ws) {
		return
	}
	defer p.states.publishing()()
	p.states.update(name, func(known *state) { known.published = ws })
	err := p.records.store.Update(name, func(r *status.Record) {
		r.Status = ws.Status
		if w := v.manifest; w != nil {
			r.Status.Manifest.File = w.File // Not escaped, because the next process looks for it.
		}
	})
	p.records.persisted(err)
	if err != nil && notSaved == nil {
		p.requeue(name) // To publish the condition.
	}
	p.recordVerdict(name, pl.Verdict, record.Status)
	p.changed(ws, false)
}

// recordVerdict records events for what is new in a verdict.
func (p *publisher) recordVerdict(name string, v plan.Verdict, before v1alpha1.WorkspaceStatus) {
	if v.Reason == v1alpha1.ReasonHeld && readyReason(before) != v1alpha1.ReasonHeld {
		p.records.event(status.EventWarning, name, v1alpha1.ReasonHeld, v.Message.In(time.Local))
	}
	for _, n := range v.Notices {
		was := meta.FindStatusCondition(before.Conditions, n.Type)
		if n.Type != v1alpha1.ConditionStateNotSaved && (was == nil || was.Message != n.Message) {
			p.records.event(status.EventWarning, name, n.Type, n.Message)
		}
	}
}

func (p *publisher) changed(ws *v1alpha1.Workspace, deleted bool) {
	if p.onChange != nil {
		p.onChange(ws, deleted)
	}
}

// publishUnreachable publishes that nothing is known about a workspace, because the engine is unreachable.
func (p *publisher) publishUnreachable(name string, cause error) {
	p.publishVerdict(name, plan.Verdict{Reason: v1alpha1.ReasonEngineUnavailable, Message: plan.Text{cause.Error()}, Stalled: true}, "", "")
}

// publishEdited publishes that a workspace's manifest changed. Neither the previous state counts any more, nor what a
// reconcile of the previous manifest that is under way will publish.
func (p *publisher) publishEdited(name string) {
	if p.connection.now().cause != nil || p.states.get(name) == nil {
		return
	}
	p.states.acquire(name)
	p.states.update(name, func(known *state) { known.edited = true })
	p.publishVerdict(name, plan.Verdict{
		Reason: v1alpha1.ReasonPending, Message: plan.Text{"the manifest changed, and was not reconciled yet"}, Reconciling: true,
	}, "", "")
}

// publishVerdict publishes another verdict on a workspace of which nothing else is known to have changed.
func (p *publisher) publishVerdict(name string, v plan.Verdict, reconciling, message string) {
	p.writing.Lock()
	defer p.writing.Unlock()
	before := p.states.get(name)
	if before == nil {
		w := p.desired.manifest(name)
		if w == nil {
			return
		}
		// Not reconciled since the start: what is known is its manifest and its record.
		before = describe(view{manifest: w}, plan.Plan{Name: name}, p.records.store.Get(name), "", "")
	}
	ws := before.DeepCopy()
	v.Notices = status.Notices(before.Status.Conditions)
	ws.Status.Conditions = status.Conditions(ws.Status.Conditions, v, reconciling, message, time.Now())
	if sameStatus(before, ws) {
		return
	}
	defer p.states.publishing()()
	p.states.update(name, func(known *state) { known.published = ws })
	p.changed(ws, false)
}

// forget deletes the state and the record of a workspace that neither a manifest nor the engine has.
func (p *publisher) forget(name string) {
	p.writing.Lock()
	defer p.writing.Unlock()
	defer p.states.publishing()()
	p.records.persisted(p.records.store.Delete(name))
	ws := p.states.get(name)
	p.states.update(name, func(known *state) { known.published, known.edited = nil, false })
	if ws != nil {
		p.changed(ws, true)
	}
}

func sameStatus(a, b *v1alpha1.Workspace) bool { return reflect.DeepEqual(a.Status, b.Status) }

func sameSpec(a, b *v1alpha1.Workspace) bool {
	return a.Status.Manifest == b.Status.Manifest && maps.Equal(a.Labels, b.Labels) &&
		len(specdiff.Changes(specdiff.LastApplied{WorkspaceSpec: a.Spec}, specdiff.LastApplied{WorkspaceSpec: b.Spec}, a.Name)) == 0
}

// readyReason returns the reason of the condition Ready.
func readyReason(s v1alpha1.WorkspaceStatus) string {
	if ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

// describe returns a workspace with its status.
func describe(v view, p plan.Plan, record status.Record, reconciling, message string) *v1alpha1.Workspace {
	var source *status.Source
	if w := v.manifest; w != nil {
		source = &status.Source{
			Labels: w.Labels, Annotations: w.Annotations, Spec: w.Spec, Revision: w.Revision,
			Manifest: v1alpha1.ManifestPosition{File: printable.Line(w.File), Line: int32(w.Line)},
		}
	}
	return status.Describe(source, v.in, p, record, reconciling, message)
}
