package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// comeback is how long the names in the manifests must have stood still before absence counts again, where none of the
// workspaces of before was left: who renders manifests anew writes one file after the other.
const comeback = 10 * time.Second

// many is how many workspaces may not go at once without a person's word. The last single one may.
const many = 2

// noneLeft is the state of a directory that left none of several workspaces.
type noneLeft struct {
	// names of the workspaces of before; nil where there is no such state.
	names []string
	// now are the names in force in the last read, changed is when they last were others.
	now     []string
	changed time.Time
}

// guard decides about reads that would leave none of several workspaces, and about the directory's identity. It returns the
// reasons why removals wait; before are the workspaces that there were before it.
func (l *Loader) guard(r *reading, before []string) []Hold {
	inForce := l.inForceNow()
	away := l.rootErr != nil || l.replaced
	gone := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return !away && l.merged.workspaces[name] != nil })
	if holds := l.directoryHolds(); len(holds) > 0 && l.rootErr != nil {
		l.remember(before, gone, inForce, r.now)
		return holds
	}
	if l.accepted {
		l.identity, l.replaced, l.none = l.found, false, noneLeft{}
		l.accepted = l.accepted && len(inForce) == 0
		return l.directoryHolds()
	}
	if l.trusted {
		l.identity.id, l.identity.fs = l.found.id, l.found.fs
	}
	l.replaced = l.replaced || l.found.id != l.identity.id &&
		len(l.merged.workspaces) == 0 && len(l.merged.holds) == 0 && len(l.faults) == 0
	var holds []Hold
	switch {
	case l.replaced:
		l.remember(before, gone, inForce, r.now)
	case l.identity.otherFileSystem(l.found) && len(gone) > 0:
		holds = append(holds, Hold{Reason: HoldFileSystem, Message: "removals wait because " + l.dir +
			" is on another file system than the one that held the manifests (is one not mounted, or mounted over it?): " +
			"mount that one, or put back the manifests of " + list(gone) + "; " + acceptHint})
		l.remember(before, gone, inForce, r.now)
	default:
		if len(l.merged.workspaces) > 0 {
			l.identity = l.found
		}
		holds = append(holds, l.noneLeftHold(before, gone, inForce, r)...)
	}
	return append(l.directoryHolds(), holds...)
}

const acceptHint = "to go on without them run dual-reconciler down, or run or apply with --allow-empty"

// remember notes that none of several workspaces is left.
func (l *Loader) remember(before, gone, inForce []string, now time.Time) {
	if l.none.names == nil && len(gone) >= many && len(gone) == len(before) {
		l.none = noneLeft{names: before}
	}
	if l.none.names != nil && !slices.Equal(l.none.now, inForce) {
		l.none.now, l.none.changed = inForce, now
	}
}

func (l *Loader) noneLeftHold(before, gone, inForce []string, r *reading) []Hold {
	if l.none.names == nil && l.identity.noneLeft && len(before) > 0 {
		l.none = noneLeft{names: before}
	}
	if len(inForce) == 0 || !r.first {
		l.remember(before, gone, inForce, r.now)
	}
	l.identity.noneLeft = false
	if l.allowEmpty {
		l.none = noneLeft{}
	}
	switch waits := comeback - r.now.Sub(l.none.changed); {
	case l.none.names == nil:
		return nil
	case len(gone) == 0:
		l.none = noneLeft{}
		return nil
	case len(inForce) == 0:
		l.identity.noneLeft = true
		return []Hold{{Reason: HoldNoneLeft, Message: "removals wait because " + l.dir + " leaves no workspace of " + list(l.none.names) +
			": put the manifests back; " + acceptHint}}
	case waits > 0:
		r.retryIn(waits)
		return []Hold{{Reason: HoldNoneLeft, Message: fmt.Sprintf("removals wait until %s has stood still for %s, "+
			"because it left no workspace of %s: put the manifests back that are wanted", l.dir, comeback, list(l.none.names))}}
	}
	l.none = noneLeft{}
	return nil
}

// AllowEmpty accepts the directory as it is: that it leaves no workspace, and that it is another one than it was. It holds
// until there is a workspace again.
func (l *Loader) AllowEmpty() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = true
}

// existing are the workspaces that a removal could concern: those last in force, and those that are known to run. Sorted.
func (l *Loader) existing() []string {
	names := map[string]bool{}
	for name, m := range l.memory {
		if m.good != nil {
			names[name] = true
		}
	}
	for _, name := range l.known() {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// inForceNow are the workspaces that the last read has a spec of. Sorted.
func (l *Loader) inForceNow() []string {
	var names []string
	for name, ws := range l.merged.workspaces {
		if ws.Spec.Image != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// list names a few.
func list(names []string) string {
	const few = 3
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}
