package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Kind of an action. Its value is a label of the metrics and a key of the recorded failures.
type Kind string

// The kinds of actions.
const (
	KindCreate   Kind = "create"
	KindRecreate Kind = "recreate"
	KindStart    Kind = "start"
	KindStop     Kind = "stop"
	KindRestart  Kind = "restart"
	KindUnpause  Kind = "unpause"
	KindConnect  Kind = "connect"
	KindRename   Kind = "rename"
	KindUpdate   Kind = "update"
	KindSetup    Kind = "setup"
	// KindTidy finishes a replacement that was interrupted.
	KindTidy   Kind = "tidy"
	KindRemove Kind = "remove"
	// KindRecord changes nothing on the engine, only the last-applied spec in memory.
	KindRecord Kind = "record"
)

// kindTraits is all that is particular to a kind of action.
type kindTraits struct {
	kind Kind
	// event is the reason of the event that reports success, and verb the beginning of its message. An action of a
	// kind without them is not reported.
	event, verb string
	// progress is the reason of Ready while the action runs.
	progress string
	// fromManifest is set if a manifest can ask for the action: its event then names the file and the line.
	fromManifest bool
	// converges is set if the action brings an existing container into the desired state: while it backs off, its
	// failure is the state of the workspace. The first such kind of the table is shown.
	converges bool
	// repeatable is set if the same action may succeed twice in a row. An action of any other kind then had no effect.
	repeatable bool
}

// kinds has one row per kind. A new action needs a row here, and the metrics, the events and the states know it.
var kinds = []kindTraits{
	{kind: KindCreate, event: "Created", verb: "created", progress: v1alpha1.ReasonCreating, fromManifest: true},
	{kind: KindRecreate, event: "Recreated", verb: "recreated", progress: v1alpha1.ReasonReplacing, fromManifest: true},
	{
		kind: KindStart, event: "Started", verb: "started", progress: v1alpha1.ReasonStarting,
		fromManifest: true, converges: true,
	},
	{
		kind: KindStop, event: "Stopped", verb: "stopped", progress: v1alpha1.ReasonStopping,
		fromManifest: true, converges: true,
	},
	{kind: KindRestart, event: "Restarted", verb: "restarted", progress: v1alpha1.ReasonStarting, converges: true},
	{kind: KindUnpause, event: "Unpaused", verb: "unpaused", progress: v1alpha1.ReasonUpdating, converges: true},
	{kind: KindConnect, event: "Connected", verb: "connected again", progress: v1alpha1.ReasonUpdating, converges: true},
	{kind: KindRename, event: "Renamed", verb: "renamed back", progress: v1alpha1.ReasonUpdating, converges: true},
	{
		kind: KindUpdate, event: "Updated", verb: "updated", progress: v1alpha1.ReasonUpdating,
		fromManifest: true, converges: true,
	},
	{
		kind: KindSetup, event: "SetUp", verb: "set up", progress: v1alpha1.ReasonSettingUp,
		converges: true, repeatable: true,
	},
	{kind: KindTidy, event: "Tidied", verb: "tidied up", progress: v1alpha1.ReasonReplacing, converges: true},
	{kind: KindRemove, event: "Removed", verb: "removed", progress: v1alpha1.ReasonRemoving, repeatable: true},
	{kind: KindRecord, progress: v1alpha1.ReasonUpdating},
}

// Kinds returns all kinds of actions.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i, t := range kinds {
		all[i] = t.kind
	}
	return all
}

func (k Kind) traits() kindTraits {
	i := slices.IndexFunc(kinds, func(t kindTraits) bool { return t.kind == k })
	return kinds[i]
}

// Event returns the reason and the verb of the event that reports a successful action of the kind.
func (k Kind) Event() (reason, verb string) {
	t := k.traits()
	return t.event, t.verb
}

// FromManifest reports whether a manifest can ask for an action of the kind.
func (k Kind) FromManifest() bool { return k.traits().fromManifest }

// Progress returns the reason to show while an action runs. A pull and a setup have a reason of their own.
func (a Action) Progress(s Step) string {
	switch s.Op {
	case OpPull:
		return v1alpha1.ReasonPulling
	case OpSetup:
		return v1alpha1.ReasonSettingUp
	default:
		return a.Kind.traits().progress
	}
}
