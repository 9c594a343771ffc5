package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// The times after which what took the place of a source is believed to be complete.
const (
	// SourceSettle is how long it must have been there, and its entries have stood still.
	SourceSettle = 2 * time.Second
	// emptySettle is how long a directory must have been empty: a clone or a copy begins so.
	emptySettle = 10 * time.Second
	// restlessSettle bounds the wait for entries that never stand still.
	restlessSettle = time.Minute
	// busyPoll is how often it is looked whether something is still at work.
	busyPoll = time.Second
)

// replaced are the sources that are something else now than what the container was started with.
func (in Input) replaced(c engine.Container) []Source {
	was := in.Memory.started(c)
	if was == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(in.Sources), func(s Source) bool {
		at, known := was.Binds[s.Target]
		return !known || at.ID == "" || s.ID == "" || s.ID == at.ID || s.Mounted == MountedSame
	})
}

// settling says until when, and why, what took the places of sources is not believed to be complete.
func (in Input) settling(sources []Source) (until time.Time, why string) {
	if in.Settle == 0 || in.Memory.Sources == nil {
		return time.Time{}, ""
	}
	for _, s := range sources {
		since := in.Memory.Sources.Replaced[s.Target].Since
		at, reason := in.after(since, in.Settle), "it has been left alone for "+in.Settle.String()
		switch changed := in.after(s.Changed, in.Settle); {
		case s.Busy != "":
			at, reason = in.Now.Add(busyPoll), "it is complete ("+s.Busy+")"
		case s.Empty:
			at, reason = in.after(since, emptySettle), "there is something in it"
		case changed.After(at) && in.Now.Before(in.after(since, restlessSettle)):
			at = changed
		}
		if in.Now.Before(at) && at.After(until) {
			until, why = at, reason
		}
	}
	return until, why
}

// due are the replaced sources that the policy restarts or recreates the container for. What the manifests' snapshot has
// not checked as it is now is left alone: it may have become a link to anywhere.
func (in Input) due(c engine.Container) []Source {
	switch {
	case in.Desired.FromRecord || in.Desired.Problem != nil || !up(c) || in.spec().State != v1alpha1.StateRunning:
		return nil
	case in.Setup != nil && in.Setup.Container.ID == c.ID:
		return nil
	}
	return slices.DeleteFunc(in.replaced(c), func(s Source) bool {
		return s.Checked != s.ID || in.Memory.SourcesTried[s.Target] == s.ID || !in.wantsNew(c, s)
	})
}

// wantsNew is the policy's word. Where there is none, a container is restarted that would be left with a directory that
// was deleted, or that was an empty one in the place of another, such as the place where a disk is mounted later.
func (in Input) wantsNew(c engine.Container, s Source) bool {
	switch in.Desired.Spec.SourceChangePolicy {
	case v1alpha1.SourceChangeRestart:
		return true
	case v1alpha1.SourceChangeIgnore:
		return false
	}
	return s.Dir && (s.Mounted != MountedOther || in.Memory.started(c).Binds[s.Target].Empty)
}

// moved are those of the due sources that only a new container mounts: it was created with the path that a link led to.
func (in Input) moved(due []Source) []Source {
	return slices.DeleteFunc(slices.Clone(due), func(s Source) bool { return s.Restarted == "" || s.Restarted == s.ID })
}

// movedCauses are why sources ask for a new container now.
func (in Input) movedCauses(c engine.Container) []string {
	due := in.due(c)
	if until, _ := in.settling(due); !until.IsZero() {
		return nil
	}
	var texts []string
	for _, s := range in.moved(due) {
		texts = append(texts, s.text())
	}
	return texts
}

// planSources restarts a running container whose sources were replaced, once what took their places is complete.
func (in Input) planSources(p *Plan, target engine.Container) bool {
	due := in.due(target)
	if len(due) == 0 {
		return false
	}
	cause := sourceTexts(due)
	p.Verdict = Verdict{Reason: v1alpha1.ReasonSourceReplaced, Message: cause, Reconciling: true}
	if until, why := in.settling(due); !until.IsZero() {
		p.Verdict.Message += "; the workspace is restarted when " + why
		p.wake(until)
		return true
	}
	if missing := in.missingBinds(); len(missing) > 0 {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonSourceNotFound, Stalled: true, Message: fmt.Sprintf(
			"%s; not restarted before %s exists on the host", cause, strings.Join(missing, ", "))}
		return true
	}
	if in.open(KindRestart) {
		p.add(Action{
			Kind: KindRestart, Cause: cause, Restart: true, Sources: identities(due),
			Steps: append(takeDown(target, in.grace(target)), Step{Op: OpStart, Container: ref(target)}),
		})
	}
	return true
}

// identities of sources by target.
func identities(sources []Source) map[string]string {
	ids := map[string]string{}
	for _, s := range sources {
		ids[s.Target] = s.ID
	}
	return ids
}

// wakeSources looks again when a source that was replaced is believed.
func (in Input) wakeSources(p *Plan, c *engine.Container) {
	if c == nil {
		return
	}
	until, _ := in.settling(in.replaced(*c))
	p.wake(until)
}

// sourcesChanged reports whether a container that does not run would be started with other sources than the last time:
// what failed with those does not count any more.
func (in Input) sourcesChanged(c engine.Container) bool {
	replaced := in.replaced(c)
	until, _ := in.settling(replaced)
	return !up(c) && len(replaced) > 0 && until.IsZero()
}

func (s Source) text() string {
	kind := "file"
	if s.Dir {
		kind = "directory"
	}
	return fmt.Sprintf("%s (at %s) is another %s than when the container started", s.Path, s.Target, kind)
}

func sourceTexts(sources []Source) string {
	texts := make([]string, len(sources))
	for i, s := range sources {
		texts[i] = s.text()
	}
	return strings.Join(texts, "; ")
}

// sourceNotice says which sources a running container does not have as they are now, and what to do about each.
func (in Input) sourceNotice(c engine.Container) []Notice {
	if !up(c) {
		return nil
	}
	var texts []string
	reason := v1alpha1.ReasonSourceReplaced
	due := in.due(c)
	for _, s := range in.replaced(c) {
		text := s.text()
		if s.Mounted == MountedDeleted {
			text += ", and the workspace still has that one, which was deleted"
		} else {
			text += ", and the workspace still has that one"
		}
		command := "restart"
		if len(in.moved([]Source{s})) > 0 {
			command = "recreate"
		}
		switch {
		case slices.ContainsFunc(due, func(d Source) bool { return d.Target == s.Target }):
			text += ": the workspace is " + map[string]string{"restart": "restarted", "recreate": "replaced"}[command]
		case in.Memory.SourcesTried[s.Target] == s.ID:
			text += ": it was restarted for that already, so that the engine sees something else at this path"
		default:
			text += fmt.Sprintf(": `dual-reconciler %s %s` shows the new one", command, in.Name)
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		reason = v1alpha1.ReasonSourceNotFound
		for _, s := range in.Sources {
			if s.Missing {
				texts = append(texts, fmt.Sprintf("%s (at %s) is gone from the host, and the workspace still has what was there",
					s.Path, s.Target))
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return []Notice{{Type: v1alpha1.ConditionSourceReplaced, Reason: reason, Message: strings.Join(texts, "; ")}}
}
