package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Op is one call to the engine.
type Op string

// The ops of steps.
const (
	OpPull         Op = "pull"
	OpCreateVolume Op = "create volume"
	OpCreate       Op = "create"
	OpStart        Op = "start"
	OpStop         Op = "stop"
	OpRename       Op = "rename"
	OpRemove       Op = "remove"
	OpUpdate       Op = "update"
	OpUnpause      Op = "unpause"
	OpConnect      Op = "connect"
	OpSetup        Op = "setup"
	OpEndSetup     Op = "end setup"
	OpVerify       Op = "verify"
	OpRemoveVolume Op = "remove volume"
)

// Step is one call to the engine with its arguments.
type Step struct {
	Op Op
	// Container that it is about; an empty ID means the one that the action's create step made.
	Container Ref
	// To is a rename's new name.
	To string
	// Image to pull, and the policy that asks for it.
	Image  string
	Policy v1alpha1.PullPolicy
	// Volume to create or remove, and the labels of a new one.
	Volume string
	Labels map[string]string
	// Create is the container to create.
	Create *engine.ContainerSpec
	// Grace of a stop.
	Grace time.Duration
	// Limits to set.
	Limits engine.Limits
	// Network to connect to.
	Network string
	// Fresh says that no setup can have been started in the container yet.
	Fresh bool
	// Timeout of a setup.
	Timeout time.Duration
	// Command of a setup, or the one that a verify step is about; empty where that is the image's.
	Command []string
	// Discard says that nothing ever ran in the container that a remove step removes: the anonymous volumes that were made
	// for it go, too.
	Discard bool
	// Helper is the name of the container that a start may need to let the workspace's user write to its named volumes;
	// empty where there is nothing to let.
	Helper string
	// SetupDue says that from this start on the container owes its setup.
	SetupDue bool
	// Sources are the binds of a start, whose sources are noted before it.
	Sources []Bind
	// Undo brings back what was before the step. When a step fails, the undos of it and of all steps before it run, last
	// one first, back to the last step that was a Commit.
	Undo []Step
	// Commit says that once this step is done nothing before it is undone.
	Commit bool
}

// Interruptible says that the step may be given up for a newer spec without leaving anything half done.
func (s Step) Interruptible() bool { return s.Op == OpPull }

// Ref names a container.
type Ref struct {
	ID   string
	Name string
}

// String is the step as a plan shows it.
func (s Step) String() string {
	switch s.Op {
	case OpPull:
		return fmt.Sprintf("pull %s", s.Image)
	case OpCreateVolume, OpRemoveVolume:
		return fmt.Sprintf("%s %s", s.Op, s.Volume)
	case OpCreate:
		return fmt.Sprintf("create %s", s.Create.Name)
	case OpRename:
		return fmt.Sprintf("rename %s to %s", s.Container.Name, s.To)
	case OpStop:
		return fmt.Sprintf("stop %s within %s", s.Container.Name, s.Grace)
	case OpUpdate:
		return fmt.Sprintf("update %s: %s", s.Container.Name, limitsText(s.Limits))
	case OpConnect:
		return fmt.Sprintf("connect %s to network %s", s.Container.Name, s.Network)
	case OpSetup:
		return fmt.Sprintf("setup in %s", s.Container.Name)
	case OpEndSetup:
		return fmt.Sprintf("end the setup in %s", s.Container.Name)
	case OpVerify:
		return fmt.Sprintf("see that %s stays up", s.Container.Name)
	default:
		return fmt.Sprintf("%s %s", s.Op, s.Container.Name)
	}
}

func limitsText(l engine.Limits) string {
	show := func(v int64, text string) string {
		if v == 0 {
			return "no limit"
		}
		return text
	}
	return fmt.Sprintf("cpu %s, memory %s, pids %s",
		show(l.CPU, strconv.FormatFloat(float64(l.CPU)/1e9, 'f', -1, 64)),
		show(l.Memory, strconv.FormatInt(l.Memory, 10)),
		show(l.PIDs, strconv.FormatInt(l.PIDs, 10)))
}

// String is the plan as a person reads it, and the oracle of its tests: a line an action, its steps below, and what a
// failure would undo.
func (p Plan) String() string {
	var b strings.Builder
	for _, a := range p.Actions {
		fmt.Fprintf(&b, "%s %s: %s\n", a.Kind, p.Name, a.Cause)
		for _, s := range a.Steps {
			fmt.Fprintf(&b, "  %s\n", s)
		}
		for i := len(a.Steps) - 1; i >= 0; i-- {
			for _, u := range a.Steps[i].Undo {
				fmt.Fprintf(&b, "  on failure: %s\n", u)
			}
		}
	}
	return b.String()
}
