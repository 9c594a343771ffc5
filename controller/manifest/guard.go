package manifest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// stillness is how long the names in the manifests must remain the same before absence counts again after a directory
// without any of the previous workspaces: a tool that renders manifests writes one file after the other.
const stillness = 10 * time.Second

// several is the number of workspaces that may not disappear at once without the user's confirmation. A single one may.
const several = 2

// guard holds removals if the directory may not be the right one.
type guard struct {
	// identity is the directory that last had a workspace.
	identity identity
	// allowEmpty accepts every directory without a workspace. accepted accepts this directory, whatever was there
	// before, until it has a workspace.
	allowEmpty, accepted bool
	// trusted accepts the directory, but not that it lacks workspaces.
	trusted bool
	// replaced is set if the last read found an empty directory in place of one with manifests.
	replaced bool
	none     noneLeft
}

// noneLeft is the state of a directory that had several workspaces and then had none of them.
type noneLeft struct {
	// names of the previous workspaces; nil if the directory is not in this state.
	names []string
	// current are the names in the last read, changed is when they changed last.
	current []string
	changed time.Time
}

// isReplacement reports whether an empty directory replaced the one that had the manifests.
func (g *guard) isReplacement(t *tree) bool {
	empty := len(t.listing.files) == 0 && len(t.listing.faults) == 0
	return empty && t.identity.id != g.identity.id && !g.accepted && !g.trusted
}

// check returns the reasons to hold removals that concern the directory as a whole, and remembers the directory. before
// are the workspaces that existed before the read.
func (g *guard) check(t *tree, m merged, before []string, r *reading) []Hold {
	current := m.withSpec()
	unavailable := t.err != nil || g.replaced
	gone := slices.DeleteFunc(slices.Clone(before), func(name string) bool {
		return !unavailable && m.workspaces[name] != nil
	})
	if t.err != nil {
		g.remember(before, gone, current, r.now)
		return g.directoryHolds(t)
	}
	if g.accepted {
		g.identity, g.replaced, g.none = t.identity, false, noneLeft{}
		g.accepted = len(current) == 0
		return g.directoryHolds(t)
	}
	if g.trusted {
		g.identity.id, g.identity.fs = t.identity.id, t.identity.fs
	}
	empty := len(m.workspaces) == 0 && len(m.holds) == 0 && len(t.faults) == 0
	g.replaced = g.replaced || empty && t.identity.id != g.identity.id
	var holds []Hold
	switch {
	case g.replaced:
		g.remember(before, gone, current, r.now)
	case g.identity.otherFileSystem(t.identity) && len(gone) > 0:
		holds = append(holds, Hold{Reason: HoldFileSystem, Message: "removals wait because " + t.dir +
			" is on another file system than the one that held the manifests (is one not mounted, or mounted over it?): " +
			"mount that one, or put back the manifests of " + list(gone) + "; " + acceptHint})
		g.remember(before, gone, current, r.now)
	default:
		if len(m.workspaces) > 0 {
			g.identity = t.identity
		}
		holds = append(holds, g.noneLeftHold(t.dir, before, gone, current, r)...)
	}
	return append(g.directoryHolds(t), holds...)
}

const acceptHint = "to go on without them run dual-reconciler down, or run or apply with --allow-empty"

// directoryHolds returns the reasons to hold removals because a directory cannot be read or was replaced.
func (g *guard) directoryHolds(t *tree) []Hold {
	hold := func(reason HoldReason, message string) []Hold {
		return []Hold{{Reason: reason, Message: "removals wait " + message}}
	}
	switch {
	case stat.Absent(t.err):
		return hold(HoldMissing, "until "+t.dir+
			" is back: the directory of manifests is missing; to remove all workspaces run dual-reconciler down")
	case t.err != nil:
		return hold(HoldUnreadable, "until "+t.dir+" can be read: "+stat.Cause(t.err).Error())
	case g.replaced && g.identity.id == "":
		return hold(HoldEmpty, "because no workspace was ever seen in "+t.dir+
			": put manifests there, or check that this is the right directory; "+acceptHint)
	case g.replaced:
		state := "is empty"
		if len(t.listing.files) > 0 {
			state = "has no workspace"
		}
		return hold(HoldEmpty, "because "+t.dir+" "+state+
			" and is not the directory that held the manifests (is a file system not mounted?): put the manifests back; "+
			acceptHint)
	}
	var holds []Hold
	for _, x := range t.faults {
		holds = append(holds, hold(HoldUnreadable, "until "+x.rel+" can be read: "+x.message)...)
	}
	return holds
}

// remember records that none of several workspaces is left.
func (g *guard) remember(before, gone, current []string, now time.Time) {
	if g.none.names == nil && len(gone) >= several && len(gone) == len(before) {
		g.none = noneLeft{names: before}
	}
	if g.none.names != nil && !slices.Equal(g.none.current, current) {
		g.none.current, g.none.changed = current, now
	}
}

func (g *guard) noneLeftHold(dir string, before, gone, current []string, r *reading) []Hold {
	if g.none.names == nil && g.identity.noneLeft && len(before) > 0 {
		g.none = noneLeft{names: before}
	}
	if len(current) == 0 || !r.first {
		g.remember(before, gone, current, r.now)
	}
	g.identity.noneLeft = false
	if g.allowEmpty || len(gone) == 0 {
		g.none = noneLeft{}
	}
	switch wait := stillness - r.now.Sub(g.none.changed); {
	case g.none.names == nil:
		return nil
	case len(current) == 0:
		g.identity.noneLeft = true
		return []Hold{{Reason: HoldNoneLeft, Message: "removals wait because " + dir + " has none of the workspaces " +
			list(g.none.names) + ": put the manifests back; " + acceptHint}}
	case wait > 0:
		r.retryIn(wait)
		return []Hold{{Reason: HoldNoneLeft, Message: fmt.Sprintf("removals wait until %s has not changed for %s, "+
			"because it had none of the workspaces %s: put back the manifests that are still needed",
			dir, stillness, list(g.none.names))}}
	}
	g.none = noneLeft{}
	return nil
}

// list names a few.
func list(names []string) string {
	const few = 3
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}
