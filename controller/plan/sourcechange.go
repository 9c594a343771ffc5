package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// The times after which a new source counts as complete.
const (
	// SourceSettle is how long it must have been there, and its entries have stood still.
	SourceSettle = 2 * time.Second
	// emptySettle is how long a directory must have been empty: a clone or a copy begins so.
	emptySettle = 10 * time.Second
	// restlessSettle bounds the wait for entries that never stand still.
	restlessSettle = time.Minute
	// busyPoll is how often the planner checks whether something is still at work.
	busyPoll = time.Second
)

// replaced are the sources that are something else now than what the container was started with.
func (s *situation) replaced(c *owned) []Source {
	was := s.Memory.started(c.ID)
	if was == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Sources), func(src Source) bool {
		at, known := was.Binds[src.Target]
		return !known || at.ID == "" || src.ID == "" || src.ID == at.ID || src.Mounted == MountedSame
	})
}

// settling returns until when, and why, replaced sources do not count as complete; zero if they do.
func (s *situation) settling(sources []Source) (until time.Time, why string) {
	if s.Settle == 0 || s.Memory.Sources == nil {
		return time.Time{}, ""
	}
	for _, src := range sources {
		since := s.Memory.Sources.Replaced[src.Target].Since
		at, reason := s.after(since, s.Settle), "it has been left alone for "+s.Settle.String()
		switch changed := s.after(src.Changed, s.Settle); {
		case src.Busy != "":
			at, reason = s.Now.Add(busyPoll), "it is complete ("+src.Busy+")"
		case src.Empty:
			at, reason = s.after(since, emptySettle), "there is something in it"
		case changed.After(at) && s.Now.Before(s.after(since, restlessSettle)):
			at = changed
		}
		if s.Now.Before(at) && at.After(until) {
			until, why = at, reason
		}
	}
	return until, why
}

// due are the replaced sources that the policy restarts or recreates the container for. A source that the manifests'
// snapshot has not checked as it is now is left alone: it may have become a link to anywhere.
func (s *situation) due(c *owned) []Source {
	if s.Desired.FromRecord || s.Desired.Problem != nil ||
		!c.up() || s.spec.State != v1alpha1.StateRunning || s.setsUp(c) {
		return nil
	}
	return slices.DeleteFunc(s.replaced(c), func(src Source) bool {
		return src.Checked != src.ID || s.Memory.SourcesTried[src.Target] == src.ID || !s.followsChange(c, src)
	})
}

// followsChange applies the policy. Without one, a container is restarted that would be left with a directory that
// was deleted, or that was an empty one in the place of another, such as the place where a disk is mounted later.
func (s *situation) followsChange(c *owned, src Source) bool {
	switch s.spec.SourceChangePolicy {
	case v1alpha1.SourceChangeRestart:
		return true
	case v1alpha1.SourceChangeIgnore:
		return false
	}
	return src.Dir && (src.Mounted != MountedOther || s.Memory.started(c.ID).Binds[src.Target].Empty)
}

// moved reports whether only a new container mounts a source: it was created with the path that a link led to.
func (src Source) moved() bool { return src.Restarted != "" && src.Restarted != src.ID }

// movedCauses are why sources ask for a new container now.
func (s *situation) movedCauses(c *owned) []string {
	due := s.due(c)
	if until, _ := s.settling(due); !until.IsZero() {
		return nil
	}
	var texts []string
	for _, src := range due {
		if src.moved() {
			texts = append(texts, src.text())
		}
	}
	return texts
}

// planSources restarts a running container whose sources were replaced, once the new ones are complete.
func (s *situation) planSources(p *Plan, target *owned) bool {
	due := s.due(target)
	if len(due) == 0 {
		return false
	}
	cause := sourceTexts(due)
	p.Verdict = Verdict{Reason: v1alpha1.ReasonSourceReplaced, Message: Text{cause}, Reconciling: true}
	if until, why := s.settling(due); !until.IsZero() {
		p.Verdict.Message = p.Verdict.Message.and("; the workspace is restarted when ", why)
		p.wake(until)
		return true
	}
	if !s.missesBinds(p, cause, "restarted") && s.open(KindRestart) {
		p.add(Action{Kind: KindRestart, Cause: cause, Restart: true, Sources: identities(due), Steps: s.restart(target)})
	}
	return true
}

// identities of sources by target.
func identities(sources []Source) map[string]string {
	ids := map[string]string{}
	for _, src := range sources {
		ids[src.Target] = src.ID
	}
	return ids
}

// wakeSources wakes the plan when a source that was replaced counts as complete.
func (s *situation) wakeSources(p *Plan) {
	if s.current != nil {
		until, _ := s.settling(s.replaced(s.current))
		p.wake(until)
	}
}

// sourcesChanged reports whether a container that does not run would be started with other sources than the last time:
// what failed with those does not count any more.
func (s *situation) sourcesChanged(c *owned) bool {
	replaced := s.replaced(c)
	until, _ := s.settling(replaced)
	return !c.up() && len(replaced) > 0 && until.IsZero()
}

func (src Source) text() string {
	kind := "file"
	if src.Dir {
		kind = "directory"
	}
	return fmt.Sprintf("%s (at %s) is another %s than when the container started", src.Path, src.Target, kind)
}

func sourceTexts(sources []Source) string {
	texts := make([]string, len(sources))
	for i, src := range sources {
		texts[i] = src.text()
	}
	return strings.Join(texts, "; ")
}

// sourceNotice names the sources that a running container does not have as they are now, and what to do about each.
func (s *situation) sourceNotice(c *owned) []Notice {
	if !c.up() {
		return nil
	}
	reason := v1alpha1.ReasonSourceReplaced
	texts := s.replacedTexts(c)
	if len(texts) == 0 {
		reason = v1alpha1.ReasonSourceNotFound
		for _, src := range s.Sources {
			if src.Missing {
				texts = append(texts, fmt.Sprintf("%s (at %s) is gone from the host, and the workspace still has what was there",
					src.Path, src.Target))
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return []Notice{{Type: v1alpha1.ConditionSourceReplaced, Reason: reason, Message: strings.Join(texts, "; ")}}
}

func (s *situation) replacedTexts(c *owned) []string {
	var texts []string
	due := identities(s.due(c))
	for _, src := range s.replaced(c) {
		text := src.text() + ", and the workspace still has that one"
		if src.Mounted == MountedDeleted {
			text += ", which was deleted"
		}
		command, done := "restart", "restarted"
		if src.moved() {
			command, done = "recreate", "replaced"
		}
		_, isDue := due[src.Target]
		switch {
		case isDue:
			text += ": the workspace is " + done
		case s.Memory.SourcesTried[src.Target] == src.ID:
			text += ": it was already restarted for that, so the engine sees something else at this path"
		default:
			text += fmt.Sprintf(": `dual-reconciler %s %s` shows the new one", command, s.Name)
		}
		texts = append(texts, text)
	}
	return texts
}
