package manifest

import (
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// HostPath is a path of the host that a manifest names and that lies outside of the manifest's own work tree.
type HostPath struct {
	// At is the place of the field; its Message is empty.
	At decode.Fault
	// Path is the absolute path, Real the same without symlinks.
	Path, Real string
	// ReadOnly is set if the workspace cannot write to it.
	ReadOnly bool
}

// host is a host path that a candidate names.
type host struct {
	field    *field.Path
	path     string
	readOnly bool
}

// outside returns the candidate's host paths outside of the manifest's own tree: the git work tree that contains the
// file, or the directory of the manifests if there is none. It resolves symlinks of the file and of the paths.
func (v *resolver) outside(c *candidate, hosts []host) (paths []HostPath, tree string) {
	if len(hosts) == 0 {
		return nil, ""
	}
	tree = hostpath.Resolve(v.dir)
	if r, ok := gitrepo.Around(filepath.Dir(hostpath.Resolve(c.file.path))); ok {
		tree = hostpath.Resolve(r.Root)
	}
	for _, h := range hosts {
		real := hostpath.Resolve(h.path)
		if stat.Below(real, tree) {
			continue
		}
		place := c.places[h.field.String()]
		paths = append(paths, HostPath{
			At:   decode.Fault{File: c.file.rel, Line: place.line, Column: place.column, Field: h.field.String()},
			Path: h.path, Real: real, ReadOnly: h.readOnly,
		})
	}
	return paths, tree
}

// written returns the places that determine the content of a manifest, without symlinks: the file, and each symlink on
// the path to it. A process that can write below one of their directories can write the manifest.
func (v *resolver) written(c *candidate) []string {
	places := []string{}
	at, rest := "/", strings.Split(filepath.Join(v.dir, filepath.FromSlash(c.file.rel)), "/")
	for len(rest) > 0 && len(places) < maxHops {
		part := rest[0]
		rest = rest[1:]
		next := filepath.Join(at, part)
		to, err := os.Readlink(next)
		if err != nil {
			at = next // It is not a symlink, or does not exist.
			continue
		}
		places = append(places, next)
		if filepath.IsAbs(to) {
			at = "/"
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return append(places, at)
}

// maxHops is the number of symlinks that the kernel follows in one path.
const maxHops = 40
