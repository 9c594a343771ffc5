package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Source is a workspace as a manifest defines it.
type Source struct {
	Labels, Annotations map[string]string
	Spec                v1alpha1.WorkspaceSpec
	Manifest            v1alpha1.ManifestPosition
	Revision            *v1alpha1.Revision
}

// Describe returns a workspace with its status, from the input of a plan, the plan and what is recorded. source is
// nil if no manifest defines the workspace. reconciling is the reason while an action runs, else "".
func Describe(source *Source, in plan.Input, p plan.Plan, record Record, reconciling, message string) *v1alpha1.Workspace {
	ws := &v1alpha1.Workspace{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name},
	}
	if source != nil {
		ws.Labels, ws.Annotations, ws.Spec = source.Labels, source.Annotations, *source.Spec.DeepCopy()
		ws.Status.Manifest = source.Manifest
		ws.Status.Revision = source.Revision
		if source.Spec.Image == "" {
			// The manifest is broken since this process began. What is effective was read by an earlier process, at the
			// revision that it recorded.
			ws.Status.Revision = record.Status.Revision
		}
	}
	if p.Current != nil && (ws.Spec.Image == "" || in.Unapproved != nil) {
		ws.Spec = *p.LastApplied.WorkspaceSpec.DeepCopy()
	}
	v1alpha1.SetDefaults(&ws.Spec, p.Name)
	st := &ws.Status
	st.Conditions = Conditions(record.Status.Conditions, p.Verdict, reconciling, message, in.Now)
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
func startedAt(c *engine.Container, record Record) *metav1.Time {
	if c.Details != nil && !c.Details.StartedAt.IsZero() {
		at := metav1.NewTime(c.Details.StartedAt)
		return &at
	}
	if record.Status.ContainerID == c.ID {
		return record.Status.StartTime
	}
	return nil
}
