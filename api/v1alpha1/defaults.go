package v1alpha1

import "k8s.io/utils/ptr"

// The defaults that are numbers, in seconds and in probes.
const (
	defaultGracePeriodSeconds    = 10
	defaultSetupTimeoutSeconds   = 1800
	defaultProbePeriodSeconds    = 10
	defaultProbeTimeoutSeconds   = 1
	defaultProbeFailureThreshold = 3
)

// NetworkBridge is the default network, NetworkNone is no network at all; other values name a Docker network.
const (
	NetworkBridge = "bridge"
	NetworkNone   = "none"
)

// SetDefaults fills in what spec leaves open; name is the workspace's metadata.name. It is idempotent.
//
// Recorded specs are defaulted when they are compared, never when they are recorded: a default that a later version
// adds or changes the spelling of must not look like an edit.
func SetDefaults(spec *WorkspaceSpec, name string) {
	setDefault(&spec.ImagePullPolicy, PullIfNotPresent)
	setDefault(&spec.ImageUpdatePolicy, ImageUpdateNotify)
	setDefault(&spec.State, StateRunning)
	setDefault(&spec.Hostname, name)
	setDefault(&spec.RestartPolicy, RestartAlways)
	setDefault(&spec.SetupTimeoutSeconds, defaultSetupTimeoutSeconds)
	setDefault(&spec.Network, NetworkBridge)
	setDefault(&spec.VolumeReclaimPolicy, VolumeRetain)
	if spec.Init == nil {
		spec.Init = ptr.To(true)
	}
	if spec.TerminationGracePeriodSeconds == nil {
		spec.TerminationGracePeriodSeconds = ptr.To[int64](defaultGracePeriodSeconds)
	}
	if spec.SecurityContext.AllowPrivilegeEscalation == nil {
		spec.SecurityContext.AllowPrivilegeEscalation = ptr.To(true)
	}
	if spec.Source != nil {
		setDefault(&spec.WorkingDir, SourceTarget)
	}
	for i := range spec.Mounts {
		setDefault(&spec.Mounts[i].Type, MountVolume)
		if t := spec.Mounts[i].Tmpfs; t != nil && t.Exec == nil {
			t.Exec = ptr.To(true)
		}
	}
	if p := spec.LivenessProbe; p != nil {
		setDefault(&p.PeriodSeconds, defaultProbePeriodSeconds)
		setDefault(&p.TimeoutSeconds, defaultProbeTimeoutSeconds)
		setDefault(&p.FailureThreshold, defaultProbeFailureThreshold)
	}
}

func setDefault[T comparable](field *T, value T) {
	var unset T
	if *field == unset {
		*field = value
	}
}
