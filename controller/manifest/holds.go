package manifest

import "errors"

var errInUnreadable = errors.New("its directory cannot be read")

// directoryHolds are the reasons to wait that concern directories rather than files.
func (l *Loader) directoryHolds() []Hold {
	switch {
	case absent(l.rootErr):
		return []Hold{{Reason: HoldMissing, Message: "removals wait until " + l.dir + " is back: the directory of manifests is missing; to remove all workspaces run dual-reconciler down"}}
	case l.rootErr != nil:
		return []Hold{{Reason: HoldUnreadable, Message: "removals wait until " + l.dir + " can be read: " + cause(l.rootErr).Error()}}
	case l.replaced && l.identity.id == "":
		return []Hold{{Reason: HoldEmpty, Message: "removals wait because no workspace was ever seen in " + l.dir +
			": put manifests there, or check that this is the right directory; " + acceptHint}}
	case l.replaced:
		what := " is empty and not the directory that held the manifests (is a file system not mounted?)"
		if l.listing != nil && len(l.listing.files) > 0 {
			what = " has no workspace and is not the directory that held the manifests (is a file system not mounted?)"
		}
		return []Hold{{Reason: HoldEmpty, Message: "removals wait because " + l.dir + what + ": put the manifests back; " + acceptHint}}
	}
	var holds []Hold
	for _, x := range l.faults {
		holds = append(holds, Hold{Reason: HoldUnreadable, Message: "removals wait until " + x.rel + " can be read: " + x.message})
	}
	return holds
}
