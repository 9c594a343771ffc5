package plan

import (
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Remember returns the memory with what is observed now, before a plan is made: which container is current, and
// whether it exited since. It is pure.
func Remember(in Input) Memory {
	if in.Elsewhere != nil {
		return in.Memory // Nothing may be concluded about the containers of another directory or machine.
	}
	m := in.Memory.remembering(in)
	s := assess(in)
	if s.current == nil {
		return m
	}
	return s.remember(m, s.current)
}

// remembering returns the memory of what the manifests and the users ask for.
func (m Memory) remembering(in Input) Memory {
	m.Adopted = nil
	if len(in.Adopted) > 0 {
		m.Adopted = &Adoption{Directory: in.Directory, Machine: in.Machine, Containers: in.Adopted}
	}
	if d := in.Desired; d != nil {
		m.RemoveRequest = "" // A manifest asks for it again.
		if !d.FromRecord {
			m.Paused, m.Reclaim = d.Paused, nil
		}
		if len(d.missingBinds()) > 0 {
			m.Crash = Backoff{} // It is not started before they are back, and then at once.
		}
	}
	switch {
	case in.Unapproved != nil:
		m.Unapproved = in.Unapproved.Paths
	case in.HostPaths != nil: // What a manifest asks for without having to wait is what the workspace has from then on.
		m.HostPaths, m.Approved, m.Unapproved = in.HostPaths, nil, nil
		if len(m.HostPaths) == 0 {
			m.HostPaths = nil
		}
	}
	return m
}

// remember returns the memory with what is known about the current container.
func (s *situation) remember(m Memory, c *owned) Memory {
	m.Writes = nil
	for _, b := range c.Binds {
		if !b.ReadOnly {
			m.Writes = append(m.Writes, b.Source)
		}
	}
	if m.Recreate != nil && m.Recreate.ContainerID != c.ID {
		m.Recreate = nil
	}
	if m.ContainerID != c.ID {
		if c.record.Setup != "" && c.State != engine.StateCreated {
			// It is not known to have succeeded, and another run does no harm: setups are run again anyway.
			m.PendingSetup = c.ID
		}
		m.ContainerID, m.Applied = c.ID, ""
	}
	if d := c.Details; d != nil {
		m.LimitsOf = ""
		if s.effective(d.Limits) == s.effective(limits(c.record.WorkspaceSpec)) && !d.EngineRestarts {
			m.LimitsOf = c.ID
		}
	}
	m.Git = gitRecord(c.record)
	m.Sources = s.rememberSources(m.Sources, c)
	s.Memory = m
	if s.sourcesChanged(c) {
		m.Crash, m.Failures = Backoff{}, without(m.Failures, KindStart)
	}
	if m.Unhealthy != nil && (m.Unhealthy.ContainerID != c.ID || c.changesProbe()) {
		m.Unhealthy = nil
	}
	if d := c.Details; d != nil && c.State == engine.StateExited &&
		(m.Exit.ContainerID != c.ID || !m.Exit.FinishedAt.Equal(d.FinishedAt)) {
		m.Exit = Exit{ContainerID: c.ID, FinishedAt: d.FinishedAt, SeenAt: s.Now, Ran: d.FinishedAt.Sub(d.StartedAt)}
		if m.Exit.Ran >= StableAfter {
			m.Crash = Backoff{}
		}
	}
	return m
}

// changesProbe reports whether the desired probe is not the recorded one: what that one found does not count any more.
func (c *owned) changesProbe() bool {
	return slices.ContainsFunc(c.changes, func(ch specdiff.Change) bool {
		return strings.HasPrefix(ch.Field, "spec.livenessProbe")
	})
}
