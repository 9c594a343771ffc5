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

// The ops, and the fields of a Step that each of them reads besides Undo and Commit.
const (
	OpPull         Op = "pull"          // Image, Policy
	OpCreateVolume Op = "create volume" // Volume, Labels
	OpCreate       Op = "create"        // Container, Create
	OpStart        Op = "start"         // Container, Helper, PendingSetup, Sources
	OpStop         Op = "stop"          // Container, Grace
	OpRename       Op = "rename"        // Container, To
	OpRemove       Op = "remove"        // Container, Discard
	OpUpdate       Op = "update"        // Container, Limits
	OpUnpause      Op = "unpause"       // Container
	OpConnect      Op = "connect"       // Container, Network
	OpSetup        Op = "setup"         // Container, Command, Timeout, Fresh
	OpEndSetup     Op = "end setup"     // Container
	OpCheckStart   Op = "check start"   // Container, Command
	OpRemoveVolume Op = "remove volume" // Volume
)

// Step is one call to the engine with its arguments.
type Step struct {
	Op Op
	// Container that it is about; an empty ID means the one that the action's create step created.
	Container Ref
	// To is the new name of a rename.
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
	// Fresh is set if no setup can have been started in the container yet.
	Fresh bool
	// Timeout of a setup.
	Timeout time.Duration
	// Command of a setup, or of the container whose start is checked; empty if that is the image's.
	Command []string
	// Discard is set if nothing ever ran in the container that is removed: the anonymous volumes that were made for
	// it are removed, too.
	Discard bool
	// Helper is the name of the container that a start may need to let the workspace's user write to its named volumes;
	// empty if none is needed.
	Helper string
	// PendingSetup is set if the container's setup is pending from this start on.
	PendingSetup bool
	// Sources are the binds of a start. What is at their paths is recorded before it.
	Sources []Bind
	// Undo restores what was before the step. When a step fails, the undos of it and of all steps before it run, last
	// one first, back to the last step that was a Commit.
	Undo []Step
	// Commit is set if nothing before the step is undone once it succeeded.
	Commit bool
}

// Interruptible reports whether the step may be given up for a newer spec without leaving anything half done.
func (s Step) Interruptible() bool { return s.Op == OpPull }

// Ref names a container.
type Ref struct {
	ID   string
	Name string
}

// String returns the step as a plan shows it.
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
	case OpCheckStart:
		return fmt.Sprintf("check that %s stays up", s.Container.Name)
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

// String returns the plan as a user reads it, which is also the oracle of its tests: one line per action, below it
// its steps, and what a failure would undo.
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
