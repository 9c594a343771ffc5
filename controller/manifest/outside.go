package manifest

import (
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
)

// HostPath is a path of the host that a manifest names and that lies outside of the manifest's own work tree.
type HostPath struct {
	// At is the place of the field; its Message is empty.
	At decode.Fault
	// Path as the manifest means it, absolute; Real is where it leads, without links.
	Path, Real string
	// ReadOnly says that the workspace cannot write to it.
	ReadOnly bool
}

// host is a host path that a claim names.
type host struct {
	field    *field.Path
	path     string
	readOnly bool
}

// outside are those of a claim's host paths that are outside of the manifest's own tree, which is the git work tree that the file is
// in; without git it is the directory of the manifests. Links count for what they lead to: the file's, and the paths'.
func (l *Loader) outside(c *claim, hosts []host) (paths []HostPath, tree string) {
	if len(hosts) == 0 {
		return nil, ""
	}
	tree = hostpath.Resolve(l.dir)
	if r, ok := repositoryAround(filepath.Dir(hostpath.Resolve(c.file.path))); ok {
		tree = hostpath.Resolve(r.root)
	}
	for _, h := range hosts {
		real := hostpath.Resolve(h.path)
		if below(real, tree) {
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

// written are the places that decide what a manifest says, without links: the file, and each link on the way to it. Who can write below
// one of their directories can write the manifest.
func (l *Loader) written(c *claim) []string {
	places := []string{}
	at, rest := "/", strings.Split(filepath.Join(l.dir, filepath.FromSlash(c.file.rel)), "/")
	for len(rest) > 0 && len(places) < maxHops {
		part := rest[0]
		rest = rest[1:]
		next := filepath.Join(at, part)
		to, err := os.Readlink(next)
		if err != nil {
			at = next // No link, or nothing at all.
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

// maxHops is how many links the kernel follows in one path.
const maxHops = 40
