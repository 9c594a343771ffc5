package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Make plans one workspace. in.Memory must have been brought up to date by Remember.
func Make(in Input) Plan {
	p := in.plan()
	p.notReadyYet()
	in.endSetup(&p)
	in.noteSources(&p)
	return p
}

// notReadyYet says what is to be done where that is not nothing: what is not as the newest manifest asks is not ready, also
// where its container runs.
func (p *Plan) notReadyYet() {
	if !p.Verdict.Ready && p.Verdict.Reason != "" {
		return
	}
	for _, a := range p.Actions {
		if len(a.Steps) > 0 {
			p.Verdict.Ready, p.Verdict.Reason = false, a.Progress(a.Steps[0])
			p.Verdict.Message = fmt.Sprintf("%s: %s", a.Kind, a.Cause)
			return
		}
	}
}

func (in Input) plan() Plan {
	in = in.resolved()
	p := Plan{Name: in.Name}
	if in.Elsewhere != nil {
		p.Verdict = Verdict{Reason: in.Elsewhere.Reason, Message: in.Elsewhere.Message, Stalled: true}
		return p
	}
	if in.Desired == nil {
		in.planRemoval(&p)
		return p
	}
	p.Key = in.key()
	choice := in.pick()
	switch {
	case in.Desired.Paused:
		p.Verdict = in.pausedVerdict()
	case choice.target != nil:
		in.converge(&p, choice)
	case in.Unapproved != nil:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: "nothing is created before that"}
	case in.Desired.Spec.Image == "" || in.Desired.FromRecord:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: "no container, and no manifest to make one from"}
	default:
		in.planNew(&p, choice)
	}
	in.overlayProblem(&p)
	p.Verdict.Notices = in.notices(choice.inForce())
	in.wakeSources(&p, choice.inForce())
	for kind := range in.Memory.Failures {
		if !in.open(kind) {
			p.Waiting = append(p.Waiting, kind)
		}
	}
	slices.Sort(p.Waiting)
	return p
}

// key identifies what a failure belongs to: the desired spec, and which paths of the host are missing. So what failed while one was
// missing, or before, delays nothing once it is back.
func (in Input) key() string {
	key := in.Desired.Key()
	if len(in.Desired.Missing) > 0 {
		sum := sha256.Sum256([]byte(strings.Join(in.Desired.Missing, "\x00")))
		key += "-" + hex.EncodeToString(sum[:4])
	}
	return key
}

// Same reports whether two desired states ask for the same, wherever it is written.
func (d *Desired) Same(as *Desired) bool {
	return d.Key() == as.Key() && d.Paused == as.Paused && slices.Equal(d.Missing, as.Missing) &&
		reflect.DeepEqual(d.Problem, as.Problem)
}

// Key identifies the desired spec for the backoffs.
func (d *Desired) Key() string {
	text, err := d.applied().Canonical()
	if err != nil {
		text = err.Error()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// planNew creates the first container, or replaces the one in force. While that has to wait, the one in force is kept
// converged on its own record: a typo in an image never takes a workspace down.
func (in Input) planNew(p *Plan, c choice) {
	kind, cause := KindCreate, "no container"
	if c.current != nil {
		kind, cause = KindRecreate, strings.Join(in.recreateCauses(*c.current), ", ")
	} else if len(c.dead) > 0 {
		kind, cause = KindRecreate, "the engine reports the container as dead"
	}
	wait, waiting := in.mustWait(kind)
	if !waiting {
		if kind == KindCreate {
			p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: "waiting to be created"}
		} else {
			p.Verdict = Verdict{Reason: v1alpha1.ReasonReplacing, Message: cause}
		}
		in.replace(p, kind, cause, c)
		return
	}
	if c.current != nil {
		old := in
		record, _ := in.record(*c.current)
		old.Desired = &Desired{Spec: record.WorkspaceSpec, EnvFromHash: record.EnvFromHash, Missing: in.Desired.Missing, FromRecord: true}
		p.Key, p.WaitingKey = old.key(), p.Key
		old.converge(p, old.pick())
		wait.Message += "; the container of before stays: " + p.Verdict.Message
	}
	p.Verdict = wait
	p.wake(wait.NextTry)
}

// mustWait reports why no container can be created now.
func (in Input) mustWait(kind Kind) (Verdict, bool) {
	if len(in.Desired.Missing) > 0 {
		return Verdict{
			Reason: v1alpha1.ReasonSourceNotFound, Stalled: true,
			Message: fmt.Sprintf("waiting for %s to exist on the host", printable.Line(strings.Join(in.Desired.Missing, ", "))),
		}, true
	}
	if f := in.Memory.Failures[kind]; f.waits(in.key(), in.Now) {
		return f.verdict(), true
	}
	if v, taken := in.nameTaken(); taken {
		return v, true
	}
	if in.spec().ImagePullPolicy == v1alpha1.PullNever && !in.ImagePresent {
		return Verdict{
			Reason: v1alpha1.ReasonImagePullFailed, Stalled: true, NextTry: in.Now.Add(10 * time.Second),
			Message: fmt.Sprintf("image %s is not present, and imagePullPolicy is Never: pull or build it, or change the policy",
				in.Desired.Spec.Image),
		}, true
	}
	return Verdict{}, false
}

func (b Backoff) verdict() Verdict {
	return Verdict{
		Reason: b.Reason, Stalled: true, NextTry: b.Next,
		Message: fmt.Sprintf("%s; next try at %s", b.Message, b.Next.Local().Format(time.TimeOnly)),
	}
}

func causes(changes []v1alpha1.Change) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", ")
}

func (in Input) pausedVerdict() Verdict {
	v := Verdict{Reason: v1alpha1.ReasonPaused, Message: "paused by the annotation " + v1alpha1.AnnotationReconcile}
	// Ready if there were nothing to do.
	awake, desired := in, *in.Desired
	desired.Paused, desired.Problem = false, nil
	awake.Desired = &desired
	p := awake.plan()
	v.Ready = p.Verdict.Ready && !p.Mutates()
	if p.Mutates() {
		v.Message += "; what is due: " + p.causes()
	}
	return v
}

// overlayProblem lets a broken manifest show, whatever the container does. A start that fails goes first: it is why the workspace is
// down, and the manifest may be broken by the same path.
func (in Input) overlayProblem(p *Plan) {
	if in.Desired.Problem == nil {
		return
	}
	if p.Verdict.Reason == v1alpha1.ReasonStartFailed {
		p.Verdict.Message += "; " + in.Desired.Problem.Message
		return
	}
	message := in.Desired.Problem.Message
	if p.Verdict.Message != "" {
		message += " (" + p.Verdict.Message + ")"
	}
	p.Verdict = Verdict{Reason: in.Desired.Problem.Reason, Message: message, Stalled: true, NextTry: p.Verdict.NextTry}
}
