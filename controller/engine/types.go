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
	// Untagged says that the reference which the container was created from does not mean its image any more. Only List
	// tells; Inspect leaves it false.
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
	// Details are known after an Inspect only.
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

// anonymousName is the form of the names that engines give to volumes which nobody named.
var anonymousName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Anonymous reports whether the engine made up the volume's name.
func (v MountedVolume) Anonymous() bool { return anonymousName.MatchString(v.Name) }

// Details are what only an inspection tells.
type Details struct {
	// ExitCode of the last run; meaningful in StateExited.
	ExitCode int
	// PID of the main process on the engine's machine; 0 where it does not run.
	PID int
	// Error is the engine's word on why the last start failed.
	Error     string
	OOMKilled bool
	// StartedAt and FinishedAt are by the engine's clock; zero where it never happened.
	StartedAt  time.Time
	FinishedAt time.Time
	Limits     Limits
	// Env is the container's environment as NAME=value, the image's included. It is in no message.
	Env []string
	// EngineRestarts says that the engine itself would restart the container: somebody changed its restart policy by hand.
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

// Info is what the engine is.
type Info struct {
	// ID is stable over restarts of the engine.
	ID string
	// Version such as 29.2.0; APIVersion such as 1.51 is the negotiated one.
	Version, APIVersion string
	// OS and Arch of the machine that runs the containers, such as "Debian GNU/Linux 12" and x86_64.
	OS, Arch string
	// CPUs is the number of cores.
	CPUs int
	// Local says that the containers run on this machine, so that its files are theirs. It is false where that cannot be told.
	Local bool
	// Address is what the client talks to, such as unix:///var/run/docker.sock; Context is the docker context, if any.
	Address, Context string
	// FixedLimits says that the limits of a container cannot be changed: Update is ErrInvalid.
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
	// Size of a tmpfs in bytes; 0 leaves it to the engine. NoExec keeps programs in it from being executed.
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
	// StopTimeout is the grace that somebody's own docker stop gives.
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

// Event says that something happened to a container: a hint to look again, never a fact to act on.
type Event struct {
	// ContainerID of the container.
	ContainerID string
	// Labels of the container, as far as the engine sends them; nil on network events.
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
	// Err says why the stream ended; valid after C is closed.
	Err() error
}

// shortID is the least of an id that stands for a network, in characters: what Docker's client shows of it.
const shortID = 12

// ShortID is a container's id as people know it; any other text is left as it is.
func ShortID(id string) string {
	if len(id) == 64 {
		return id[:shortID]
	}
	return id
}

// On reports whether the container is attached to a network, which is asked for by its name, its id or the beginning of that, and
// its address there.
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
