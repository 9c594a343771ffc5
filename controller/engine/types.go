package engine

import (
	"regexp"
	"strings"
	"time"
)

// State is a container's state, in Docker's words.
type State string

// The states of a container.
const (
	StateCreated    State = "created"
	StateRunning    State = "running"
	StatePaused     State = "paused"
	StateRestarting State = "restarting"
	StateRemoving   State = "removing"
	StateExited     State = "exited"
	StateDead       State = "dead"
)

// Container is one observed container.
type Container struct {
	ID string
	// Name without Docker's leading slash.
	Name    string
	Labels  map[string]string
	State   State
	ImageID string
	// Untagged is set if the reference that the container was created from now refers to another image, or to none. Only List
	// sets it.
	Untagged bool
	Created  time.Time
	// Networks it is attached to, by name, with its address on each ("" while it does not run).
	Networks map[string]string
	// NetworkIDs are the ids of those networks, by name: a network may be asked for by its id, too.
	NetworkIDs map[string]string
	// Volumes that are mounted, named and anonymous.
	Volumes []MountedVolume
	// Binds are its bind mounts.
	Binds []Bind
	// Details are set by Inspect only.
	Details *Details
}

// MountedVolume is a volume in a container.
type MountedVolume struct {
	Name string
	// Target is the clean path in the container at which it is mounted.
	Target string
}

// Bind is a bind mount of a container.
type Bind struct {
	// Source is the path on the engine's machine that the container was created with, Target the clean path in the container.
	Source, Target string
	ReadOnly       bool
}

// anonymousName matches the names that engines generate for volumes.
var anonymousName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Anonymous reports whether the engine generated the volume's name.
func (v MountedVolume) Anonymous() bool { return anonymousName.MatchString(v.Name) }

// Details are the fields that only Inspect returns.
type Details struct {
	// ExitCode of the last run; meaningful in StateExited.
	ExitCode int
	// PID of the main process on the engine's machine; 0 if it does not run.
	PID int
	// Error is the engine's reason why the last start failed.
	Error     string
	OOMKilled bool
	// StartedAt and FinishedAt are by the engine's clock; zero if it never happened.
	StartedAt  time.Time
	FinishedAt time.Time
	Limits     Limits
	// Env is the container's environment as NAME=value, with the image's. It must be in no message.
	Env []string
	// EngineRestarts is set if the engine itself would restart the container: its restart policy was changed by hand.
	EngineRestarts bool
}

// Limits of a container. Zero is no limit.
type Limits struct {
	// CPU in billionths of a core. As observed, a limit of all the engine's cores is no limit.
	CPU int64
	// Memory in bytes.
	Memory int64
	// PIDs is the number of processes and threads.
	PIDs int64
}

// Image is a local image.
type Image struct {
	ID string
}

// Volume is a named volume.
type Volume struct {
	Name   string
	Labels map[string]string
}

// Info describes an engine.
type Info struct {
	// ID is stable over restarts of the engine.
	ID string
	// Version such as 29.2.0; APIVersion such as 1.51 is the negotiated one.
	Version, APIVersion string
	// OS and Arch of the machine that runs the containers, such as "Debian GNU/Linux 12" and x86_64.
	OS, Arch string
	// CPUs is the number of cores.
	CPUs int
	// Local is set if the containers run on this machine, and can mount its files. It is false if that is not known.
	Local bool
	// Address is what the client connects to, such as unix:///var/run/docker.sock; Context is the docker context, if any.
	Address, Context string
	// FixedLimits is set if the limits of a container cannot be changed: Update is ErrInvalid.
	FixedLimits bool
}

// MountType of a Mount.
type MountType string

// The mount types.
const (
	MountBind   MountType = "bind"
	MountVolume MountType = "volume"
	MountTmpfs  MountType = "tmpfs"
)

// Mount is one mount of a container to be created.
type Mount struct {
	Type MountType
	// Source is a host path (bind) or a volume's name (volume).
	Source   string
	Target   string
	ReadOnly bool
	// Size of a tmpfs in bytes; 0 is the engine's default. NoExec forbids the execution of programs in it.
	Size   int64
	NoExec bool
}

// ContainerSpec is a container to be created.
type ContainerSpec struct {
	Name     string
	Hostname string
	Image    string
	Labels   map[string]string
	// Command replaces the image's entrypoint, and with it the image's arguments; nil keeps both.
	Command []string
	// Args replace the image's arguments; nil keeps them.
	Args       []string
	WorkingDir string
	// Env are NAME=value pairs.
	Env    []string
	Mounts []Mount
	// Network is bridge, none or a network's name.
	Network string
	Init    bool
	// StopTimeout is the grace period of a user's docker stop.
	StopTimeout     time.Duration
	User            string
	CapAdd, CapDrop []string
	ReadOnlyRootFS  bool
	NoNewPrivileges bool
	Limits          Limits
}

// Progress of a pull.
type Progress struct {
	// Current and Total are bytes over all layers seen so far; Total may grow.
	Current, Total int64
}

// Event is a hint that a container has changed and must be inspected again. It is never a fact to act on.
type Event struct {
	// ContainerID of the container.
	ContainerID string
	// Labels of the container, if the engine sends them; nil for network events.
	Labels map[string]string
	// Action in the engine's words, such as die.
	Action string
	// Time by the engine's clock.
	Time time.Time
}

// Stream is a subscription to events.
type Stream interface {
	// C delivers events and is closed at the end of the stream.
	C() <-chan Event
	// Err returns why the stream ended. It is valid after C is closed.
	Err() error
}

// shortID is the least number of characters of an id that can identify a network: as many as Docker's client shows.
const shortID = 12

// ShortID shortens a container's id as docker ps does. Any other text is returned unchanged.
func ShortID(id string) string {
	if len(id) == 64 {
		return id[:shortID]
	}
	return id
}

// On returns the container's address on a network, and whether it is attached. network is a name, an id or the beginning of an id.
func (c Container) On(network string) (address string, ok bool) {
	if address, ok = c.Networks[network]; ok || len(network) < shortID {
		return address, ok
	}
	for name, id := range c.NetworkIDs {
		if strings.HasPrefix(id, network) {
			return c.Networks[name], true
		}
	}
	return "", false
}
