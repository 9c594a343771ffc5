package plan

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// containerSpec is the container that the desired spec asks for. Anonymous volumes of the previous containers are
// carried over: a user who wrote into a path that the image declares as a volume expects to find it there again.
func (s *situation) containerSpec(
	name, applied string, git *specdiff.GitDirectory, previous []*owned,
) *engine.ContainerSpec {
	spec := s.spec
	cs := &engine.ContainerSpec{
		Name:     name,
		Hostname: spec.Hostname,
		Image:    spec.Image,
		Labels: s.labels(map[string]string{
			v1alpha1.LabelSource: s.Desired.Source,
			v1alpha1.LabelSpec:   applied,
		}),
		Command:         spec.Command,
		Args:            spec.Args,
		WorkingDir:      spec.WorkingDir,
		Env:             s.Desired.Env,
		Network:         spec.Network,
		Init:            *spec.Init,
		StopTimeout:     time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second,
		User:            spec.SecurityContext.User,
		CapAdd:          spec.SecurityContext.Capabilities.Add,
		CapDrop:         spec.SecurityContext.Capabilities.Drop,
		ReadOnlyRootFS:  spec.SecurityContext.ReadOnlyRootFilesystem,
		NoNewPrivileges: !*spec.SecurityContext.AllowPrivilegeEscalation,
		Limits:          limits(spec),
		Mounts:          mounts(spec),
	}
	for _, c := range previous {
		for _, v := range c.anonymous() {
			if !slices.ContainsFunc(cs.Mounts, func(m engine.Mount) bool { return m.Target == v.Target }) {
				cs.Mounts = append(cs.Mounts, engine.Mount{Type: engine.MountVolume, Source: v.Name, Target: v.Target})
			}
		}
	}
	if git != nil {
		cs.Mounts = append(cs.Mounts, engine.Mount{Type: engine.MountBind, Source: git.Source, Target: git.Target})
	}
	return cs
}

// labels completes the labels of a new object by those that say to whom it belongs.
func (s *situation) labels(labels map[string]string) map[string]string {
	labels[v1alpha1.LabelInstance] = s.Instance
	labels[v1alpha1.LabelWorkspace] = s.Name
	labels[v1alpha1.LabelManifests] = s.Directory
	if s.Machine != "" {
		labels[v1alpha1.LabelMachine], labels[v1alpha1.LabelHost] = s.Machine, s.Host
	}
	return labels
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

// anonymous are the container's volumes without a name of their own: the image's, and those that were carried over. A
// user may give a volume a name in the form of an anonymous one, so a volume that the record names is none.
func (c *owned) anonymous() []engine.MountedVolume {
	named := mounts(c.record.WorkspaceSpec)
	return slices.DeleteFunc(slices.Clone(c.Volumes), func(v engine.MountedVolume) bool {
		return !v.Anonymous() || slices.ContainsFunc(named, func(m engine.Mount) bool {
			return m.Type == engine.MountVolume && m.Source == v.Name
		})
	})
}

// otherVolumes are the differences between the named volumes that a container mounts and those that its record names:
// it was not created from its record. Only a new container repairs them.
func (c *owned) otherVolumes() []string {
	named := slices.DeleteFunc(mounts(c.record.WorkspaceSpec), func(m engine.Mount) bool {
		return m.Type != engine.MountVolume
	})
	var texts []string
	for _, m := range named {
		if !slices.Contains(c.Volumes, engine.MountedVolume{Name: m.Source, Target: m.Target}) {
			texts = append(texts, fmt.Sprintf("volume %s is not mounted at %s", m.Source, m.Target))
		}
	}
	for _, v := range c.Volumes {
		asked := slices.ContainsFunc(named, func(m engine.Mount) bool { return m.Source == v.Name && m.Target == v.Target })
		if !v.Anonymous() && !asked {
			texts = append(texts, fmt.Sprintf("volume %s is mounted at %s, and nothing asks for it", v.Name, v.Target))
		}
	}
	return texts
}
