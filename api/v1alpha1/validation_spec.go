package v1alpha1

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateSpec(spec *WorkspaceSpec, p *field.Path) field.ErrorList {
	errs := validateImage(spec.Image, p.Child("image"))
	errs = append(errs, enum(p.Child("imagePullPolicy"), spec.ImagePullPolicy, PullAlways, PullIfNotPresent, PullNever)...)
	errs = append(errs, enum(p.Child("imageUpdatePolicy"), spec.ImageUpdatePolicy, ImageUpdateNotify, ImageUpdateRecreate)...)
	errs = append(errs, enum(p.Child("sourceChangePolicy"), spec.SourceChangePolicy, SourceChangeRestart, SourceChangeIgnore)...)
	errs = append(errs, enum(p.Child("state"), spec.State, StateRunning, StateStopped)...)
	errs = append(errs, enum(p.Child("restartPolicy"), spec.RestartPolicy, RestartAlways, RestartOnFailure, RestartNever)...)
	errs = append(errs, enum(p.Child("volumeReclaimPolicy"), spec.VolumeReclaimPolicy, VolumeRetain, VolumeDelete)...)
	errs = append(errs, validateWorkingDir(spec.WorkingDir, p.Child("workingDir"))...)
	errs = append(errs, validateHostname(spec.Hostname, p.Child("hostname"))...)
	errs = append(errs, validateNetwork(spec.Network, p.Child("network"))...)
	errs = append(errs, validateEnv(spec.Env, p.Child("env"))...)
	for i, from := range spec.EnvFrom {
		errs = append(errs, validateSource(from.File, p.Child("envFrom").Index(i).Child("file"))...)
	}
	if spec.Source != nil {
		errs = append(errs, validateSource(spec.Source.Path, p.Child("source", "path"))...)
	}
	errs = append(errs, validateMounts(spec, p.Child("mounts"))...)
	errs = append(errs, validateProbe(spec.LivenessProbe, p.Child("livenessProbe"))...)
	errs = append(errs, validateLimits(spec.Resources.Limits, p.Child("resources", "limits"))...)
	errs = append(errs, validateSecurity(&spec.SecurityContext, p.Child("securityContext"))...)
	errs = append(errs, positive(spec.SetupTimeoutSeconds, p.Child("setupTimeoutSeconds"))...)
	if g := spec.TerminationGracePeriodSeconds; g != nil {
		errs = append(errs, atLeast(*g, 0, p.Child("terminationGracePeriodSeconds"))...)
		if *g > maxSeconds {
			errs = append(errs, field.Invalid(p.Child("terminationGracePeriodSeconds"), *g, fmt.Sprintf("must be at most %d (68 years)", int64(maxSeconds))))
		}
	}
	return errs
}

// maxSeconds keeps every duration far from the overflow of time.Duration.
const maxSeconds = 1<<31 - 1

func validateImage(image string, p *field.Path) field.ErrorList {
	if image == "" {
		return field.ErrorList{field.Required(p, "name a Docker image, such as node:22")}
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		detail := "is no image reference such as node:22 or ghcr.io/owner/name:tag"
		if s := strings.ToLower(strings.TrimSpace(image)); s != image {
			if _, err := reference.ParseNormalizedNamed(s); err == nil {
				detail += fmt.Sprintf("; did you mean %q?", s)
			}
		}
		return field.ErrorList{field.Invalid(p, image, detail)}
	}
	return nil
}

func validateWorkingDir(dir string, p *field.Path) field.ErrorList {
	if dir == "" || path.IsAbs(dir) {
		return nil
	}
	return field.ErrorList{field.Invalid(p, dir, "must be an absolute path in the container, such as "+SourceTarget)}
}

// hostnamePattern is RFC 1123 with capitals, which engines accept.
var hostnamePattern = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*$`)

// maxHostname is what sethostname(2) takes on every engine.
const maxHostname = 63

func validateHostname(name string, p *field.Path) field.ErrorList {
	if name == "" || hostnamePattern.MatchString(name) && len(name) <= maxHostname {
		return nil
	}
	return field.ErrorList{field.Invalid(p, name, fmt.Sprintf(
		"must be letters, digits, - and ., begin and end with a letter or digit, and have at most %d characters", maxHostname))}
}

// networkPattern excludes the colon: container:… and ns:… would join another network namespace.
var networkPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

func validateNetwork(network string, p *field.Path) field.ErrorList {
	const choices = "use bridge, none or the name of a Docker network"
	switch lower := strings.ToLower(network); {
	case network == "" || network == NetworkBridge || network == NetworkNone:
		return nil
	case lower == "host":
		return field.ErrorList{field.Invalid(p, network, "the host's network would make workspaces share ports; "+choices)}
	case lower == "default":
		return field.ErrorList{field.Invalid(p, network, "write bridge for the engine's default network")}
	case strings.HasPrefix(lower, "container:") || strings.HasPrefix(lower, "ns:"):
		return field.ErrorList{field.Invalid(p, network, "a workspace has its own network namespace; "+choices)}
	case !networkPattern.MatchString(network):
		return field.ErrorList{field.Invalid(p, network, "is no network name; "+choices)}
	}
	return nil
}

func validateProbe(probe *Probe, p *field.Path) field.ErrorList {
	if probe == nil {
		return nil
	}
	var errs field.ErrorList
	if command := p.Child("exec", "command"); len(probe.Exec.Command) == 0 {
		errs = append(errs, field.Required(command, "name the program that probes, and its arguments"))
	} else if probe.Exec.Command[0] == "" {
		errs = append(errs, field.Invalid(command.Index(0), "", "must name the program that probes"))
	}
	errs = append(errs, atLeast(int64(probe.InitialDelaySeconds), 0, p.Child("initialDelaySeconds"))...)
	errs = append(errs, positive(probe.PeriodSeconds, p.Child("periodSeconds"))...)
	errs = append(errs, positive(probe.TimeoutSeconds, p.Child("timeoutSeconds"))...)
	return append(errs, positive(probe.FailureThreshold, p.Child("failureThreshold"))...)
}

// positive lets zero pass: it stands for the default, as in a Pod.
func positive(value int32, p *field.Path) field.ErrorList {
	if value == 0 {
		return nil
	}
	return atLeast(int64(value), 1, p)
}

func atLeast(value, least int64, p *field.Path) field.ErrorList {
	if value >= least {
		return nil
	}
	return field.ErrorList{field.Invalid(p, value, fmt.Sprintf("must be at least %d", least))}
}
