package plan

import (
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Make plans one workspace. in.Memory must have been brought up to date by Remember.
func Make(in Input) Plan {
	s := assess(in)
	p := s.plan()
	p.Current, p.LastApplied = s.lastApplied()
	p.notReadyYet()
	s.endSetup(&p)
	if in.Desired != nil {
		s.noteSources(&p)
	}
	return p
}

// notReadyYet shows what is to be done, if anything is: what is not as the newest manifest asks is not ready, even if
// its container runs.
func (p *Plan) notReadyYet() {
	if !p.Verdict.Ready && p.Verdict.Reason != "" {
		return
	}
	for _, a := range p.Actions {
		if len(a.Steps) > 0 {
			p.Verdict.Ready, p.Verdict.Reason = false, a.Progress(a.Steps[0])
			p.Verdict.Message = textf("%s: %s", a.Kind, a.Cause)
			return
		}
	}
}

func (s *situation) plan() Plan {
	p := Plan{Name: s.Name}
	if s.Elsewhere != nil {
		p.Verdict = Verdict{Reason: s.Elsewhere.Reason, Message: Text{s.Elsewhere.Message}, Stalled: true}
		return p
	}
	if s.Desired == nil {
		s.planRemoval(&p)
		return p
	}
	p.Key = s.key()
	switch {
	case s.Desired.Paused:
		p.Verdict = s.pausedVerdict()
	case s.target != nil:
		s.converge(&p)
	case s.Unapproved != nil:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: Text{"nothing is created before that"}}
	case s.Desired.Spec.Image == "" || s.Desired.FromRecord:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: Text{"no container, and no manifest to create one from"}}
	default:
		s.planNew(&p)
	}
	s.overlayProblem(&p)
	p.Verdict.Notices = s.notices()
	s.wakeSources(&p)
	for kind := range s.Memory.Failures {
		if !s.open(kind) {
			p.Waiting = append(p.Waiting, kind)
		}
	}
	slices.Sort(p.Waiting)
	return p
}

func (b Backoff) verdict() Verdict {
	return Verdict{
		Reason: b.Reason, Stalled: true, NextTry: b.Next,
		Message: Text{b.Message, "; next try at ", b.Next},
	}
}

func causes(changes []specdiff.Change) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", ")
}

// pausedVerdict is ready if there were nothing to do without the pause.
func (s *situation) pausedVerdict() Verdict {
	v := Verdict{Reason: v1alpha1.ReasonPaused, Message: Text{"paused by the annotation " + v1alpha1.AnnotationReconcile}}
	awake, desired := s.Input, *s.Desired
	desired.Paused, desired.Problem = false, nil
	awake.Desired = &desired
	p := assess(awake).plan()
	v.Ready = p.Verdict.Ready && !p.Mutates()
	if p.Mutates() {
		v.Message = v.Message.and("; what is due: ", p.causes())
	}
	return v
}

// overlayProblem shows that the manifest is broken, whatever the container does. A start that fails is shown first:
// it is why the workspace is down, and the manifest may be broken by the same path.
func (s *situation) overlayProblem(p *Plan) {
	if s.Desired.Problem == nil {
		return
	}
	if p.Verdict.Reason == v1alpha1.ReasonStartFailed {
		p.Verdict.Message = p.Verdict.Message.and("; ", s.Desired.Problem.Message)
		return
	}
	message := Text{s.Desired.Problem.Message}
	if len(p.Verdict.Message) > 0 {
		message = message.and(" (", p.Verdict.Message, ")")
	}
	p.Verdict = Verdict{Reason: s.Desired.Problem.Reason, Message: message, Stalled: true, NextTry: p.Verdict.NextTry}
}
