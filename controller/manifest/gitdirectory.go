package manifest

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// gitDirectory returns the git directory that a source needs because it is a linked work tree, or why it cannot be
// mounted. It returns neither if the source needs none.
func (v *resolver) gitDirectory(source string, mounts []v1alpha1.Mount) (found *specdiff.GitDirectory, refused string) {
	found, named, err := gitrepo.Linked(source)
	if err == nil && found != nil {
		err = v.mountable(*found)
	}
	switch {
	case found == nil && err == nil, errors.Is(err, gitrepo.ErrInside), err == nil && declared(found.Target, mounts):
		return nil, ""
	case err != nil:
		return nil, fmt.Sprintf(
			"git does not work in the workspace: .git of %s is a file that leads to %q, which is not mounted, because %s",
			source, named, err)
	}
	return found, ""
}

// declared reports whether the manifest itself declares a mount at target.
func declared(target string, mounts []v1alpha1.Mount) bool {
	return slices.ContainsFunc(mounts, func(m v1alpha1.Mount) bool { return stat.Below(target, path.Clean(m.Target)) })
}

// mountable applies the rules of every mount to a git directory.
func (v *resolver) mountable(g specdiff.GitDirectory) error {
	if err := hostpath.Validate(field.NewPath("source"), g.Source, v.sockets); err != nil {
		return errors.New(err.Detail)
	}
	for _, taken := range []string{v1alpha1.SourceTarget, "/proc", "/sys", "/dev"} {
		if stat.Below(g.Target, taken) || stat.Below(taken, g.Target) {
			return fmt.Errorf("%s in the workspace is not free for it", g.Target)
		}
	}
	return nil
}
