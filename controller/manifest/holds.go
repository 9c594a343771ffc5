package manifest

import "errors"

var errInUnreadable = errors.New("its directory cannot be read")

// directoryHolds are the reasons to wait that concern directories rather than files.
func (l *Loader) directoryHolds() []Hold {
	switch {
	case absent(l.rootErr):
		return []Hold{{HoldMissing, "removals wait until " + l.dir + " is back: the directory of manifests is missing; to remove all workspaces run dual-reconciler down"}}
	case l.rootErr != nil:
		return []Hold{{HoldUnreadable, "removals wait until " + l.dir + " can be read: " + cause(l.rootErr).Error()}}
	case l.replaced && l.identity == "":
		return []Hold{{HoldEmpty, "removals wait because no manifest was ever seen in " + l.dir +
			": put manifests there, or check that this is the right directory; to remove all workspaces run dual-reconciler down"}}
	case l.replaced:
		return []Hold{{HoldEmpty, "removals wait because " + l.dir + " is empty and not the directory that held the manifests (is a file system not mounted?)" +
			": put the manifests back; to remove all workspaces run dual-reconciler down"}}
	}
	var holds []Hold
	for _, x := range l.faults {
		holds = append(holds, Hold{HoldUnreadable, "removals wait until " + x.rel + " can be read: " + x.message})
	}
	return holds
}
