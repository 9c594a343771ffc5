package plan

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// containerSpec is the container that the desired spec asks for. Anonymous volumes of the containers before it are carried
// over: whoever wrote into a path that the image declares as a volume expects to find it there again.
func (in Input) containerSpec(spec v1alpha1.WorkspaceSpec, name, applied string, before []engine.Container) *engine.ContainerSpec {
	cs := &engine.ContainerSpec{
		Name:     name,
		Hostname: spec.Hostname,
		Image:    spec.Image,
		Labels: in.labels(map[string]string{
			v1alpha1.LabelSource: in.Desired.Source,
			v1alpha1.LabelSpec:   applied,
		}),
		Command:         spec.Command,
		Args:            spec.Args,
		WorkingDir:      spec.WorkingDir,
		Env:             in.Desired.Env,
		Network:         spec.Network,
		Init:            *spec.Init,
		StopTimeout:     time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second,
		User:            spec.SecurityContext.RunAsUser,
		CapAdd:          spec.SecurityContext.Capabilities.Add,
		CapDrop:         spec.SecurityContext.Capabilities.Drop,
		ReadOnlyRootFS:  spec.SecurityContext.ReadOnlyRootFilesystem,
		NoNewPrivileges: spec.SecurityContext.NoNewPrivileges,
		Limits:          limits(spec),
		Mounts:          mounts(spec),
	}
	for _, c := range before {
		for _, v := range in.anonymous(c) {
			if !slices.ContainsFunc(cs.Mounts, func(m engine.Mount) bool { return m.Target == v.Target }) {
				cs.Mounts = append(cs.Mounts, engine.Mount{Type: engine.MountVolume, Source: v.Name, Target: v.Target})
			}
		}
	}
	return cs
}

func mounts(spec v1alpha1.WorkspaceSpec) []engine.Mount {
	var out []engine.Mount
	if spec.Source != nil {
		out = append(out, engine.Mount{Type: engine.MountBind, Source: spec.Source.Path, Target: v1alpha1.SourceTarget})
	}
	for _, m := range spec.Mounts {
		target := path.Clean(m.Target)
		source := m.Source
		if m.Type == v1alpha1.MountVolume {
			source = m.Name
		}
		mount := engine.Mount{Type: engine.MountType(m.Type), Source: source, Target: target, ReadOnly: m.ReadOnly}
		if t := m.Tmpfs; t != nil {
			mount.NoExec = t.Exec != nil && !*t.Exec
			if t.Size != nil {
				mount.Size = t.Size.Value()
			}
		}
		out = append(out, mount)
	}
	return out
}

// anonymous are the container's volumes that nobody named: the image's, and what was carried over of them. A person may name
// a volume in the form of an anonymous one, so that a record that names it counts, too.
func (in Input) anonymous(c engine.Container) []engine.MountedVolume {
	record, _ := in.record(c)
	named := mounts(record.WorkspaceSpec)
	return slices.DeleteFunc(slices.Clone(c.Volumes), func(v engine.MountedVolume) bool {
		return !v.Anonymous() || slices.ContainsFunc(named, func(m engine.Mount) bool {
			return m.Type == engine.MountVolume && m.Source == v.Name
		})
	})
}

// otherVolumes are the differences between the named volumes that a container mounts and those that its record names: it was
// not created from its record. Only a new container cures them.
func (in Input) otherVolumes(c engine.Container) []string {
	record, _ := in.record(c)
	named := slices.DeleteFunc(mounts(record.WorkspaceSpec), func(m engine.Mount) bool { return m.Type != engine.MountVolume })
	var texts []string
	for _, m := range named {
		if !slices.Contains(c.Volumes, engine.MountedVolume{Name: m.Source, Target: m.Target}) {
			texts = append(texts, fmt.Sprintf("volume %s is not mounted at %s", m.Source, m.Target))
		}
	}
	for _, v := range c.Volumes {
		if !v.Anonymous() && !slices.ContainsFunc(named, func(m engine.Mount) bool { return m.Source == v.Name && m.Target == v.Target }) {
			texts = append(texts, fmt.Sprintf("volume %s is mounted at %s, and nothing asks for it", v.Name, v.Target))
		}
	}
	return texts
}

func limits(spec v1alpha1.WorkspaceSpec) engine.Limits {
	var l engine.Limits
	if q := spec.Resources.Limits.CPU; q != nil {
		l.CPU = q.ScaledValue(-9)
	}
	if q := spec.Resources.Limits.Memory; q != nil {
		l.Memory = q.Value()
	}
	if q := spec.Resources.Limits.PIDs; q != nil {
		l.PIDs = q.Value()
	}
	return l
}

// cpuStep is the precision of a CPU limit: engines keep it as microseconds of a period of 100 ms.
const cpuStep = 10_000

// effective are the limits as the engine reports them: more CPU than it has is no limit, and what is finer than it can keep is
// no difference.
func (in Input) effective(l engine.Limits) engine.Limits {
	l.CPU -= l.CPU % cpuStep
	if in.CPUs > 0 && l.CPU >= int64(in.CPUs)*1e9 {
		l.CPU = 0
	}
	return l
}
