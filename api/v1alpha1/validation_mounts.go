package v1alpha1

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumePattern is Docker's for names of volumes.
var volumePattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func validateMounts(spec *WorkspaceSpec, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]string{}
	if spec.Source != nil {
		seen[SourceTarget] = "spec.source"
	}
	for i := range spec.Mounts {
		m, at := &spec.Mounts[i], p.Index(i)
		errs = append(errs, validateMountSource(m, at)...)
		errs = append(errs, validateTmpfs(m, at.Child("tmpfs"))...)
		if faults := validateTarget(m.Target, at.Child("target")); len(faults) > 0 {
			errs = append(errs, faults...)
			continue
		}
		target := path.Clean(m.Target)
		if by, taken := seen[target]; taken {
			errs = append(errs, field.Invalid(at.Child("target"), m.Target, "is already the target of "+by))
			continue
		}
		seen[target] = at.String()
	}
	return errs
}

func validateTarget(target string, p *field.Path) field.ErrorList {
	switch {
	case target == "":
		return field.ErrorList{field.Required(p, "say where in the container to mount, such as /data")}
	case strings.ContainsRune(target, 0):
		return field.ErrorList{field.Invalid(p, target, "must not contain NUL")}
	case !path.IsAbs(target):
		return field.ErrorList{field.Invalid(p, target, "must be an absolute path in the container, such as /data")}
	case path.Clean(target) == "/":
		return field.ErrorList{field.Invalid(p, target, "a mount cannot replace the container's root")}
	}
	return nil
}

// validateMountSource holds each type to its own fields: an ignored one would be a mount that is not what it reads
// like.
func validateMountSource(m *Mount, p *field.Path) field.ErrorList {
	name, source := p.Child("name"), p.Child("source")
	switch m.Type {
	case MountBind:
		return append(mustBeAbsent(m.Name, name, "a bind mount has a source, not a name"), validateSource(m.Source, source)...)
	case MountVolume, "":
		errs := mustBeAbsent(m.Source, source, "a volume has a name, not a source; for a path of the host write type: bind")
		switch {
		case m.Name == "":
			errs = append(errs, field.Required(name, "a volume needs a name"))
		case !volumePattern.MatchString(m.Name):
			errs = append(errs, field.Invalid(name, m.Name, fmt.Sprintf(
				"must be a letter or digit and then letters, digits, _, . or - (Docker's %s)", strings.Trim(volumePattern.String(), "^$"))))
		}
		return errs
	case MountTmpfs:
		return append(mustBeAbsent(m.Name, name, "a tmpfs has no name"), mustBeAbsent(m.Source, source, "a tmpfs has no source")...)
	}
	return field.ErrorList{notSupported(p.Child("type"), m.Type, MountBind, MountVolume, MountTmpfs)}
}

func validateTmpfs(m *Mount, p *field.Path) field.ErrorList {
	switch {
	case m.Tmpfs == nil:
		return nil
	case m.Type != MountTmpfs:
		return field.ErrorList{field.Forbidden(p, "only a mount of type tmpfs has these options; write type: tmpfs")}
	}
	if q := m.Tmpfs.Size; q != nil && q.Value() < 1 {
		return field.ErrorList{field.Invalid(p.Child("size"), q.String(), "must be at least one byte, such as 64Mi")}
	}
	return nil
}

func mustBeAbsent(value string, p *field.Path, why string) field.ErrorList {
	if value == "" {
		return nil
	}
	return field.ErrorList{field.Forbidden(p, why)}
}

// validateSource is about a path of the host as written: relative and ~ are fine.
func validateSource(source string, p *field.Path) field.ErrorList {
	switch {
	case source == "":
		return field.ErrorList{field.Required(p, "name a path of the host; a relative one starts at the manifest's file")}
	case strings.ContainsRune(source, 0):
		return field.ErrorList{field.Invalid(p, source, "must not contain NUL")}
	}
	return nil
}
