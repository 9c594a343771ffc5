package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

// resolve replaces the sources of bind mounts by the paths that they lead to now.
func (c *checkedBinds) resolve(address string, mounts []Mount) ([]Mount, error) {
	original, mounts := mounts, slices.Clone(mounts)
	var writable []string
	protected := c.protected(address)
	for i := range mounts {
		m := &mounts[i]
		if m.Type != MountBind {
			continue
		}
		r, err := follow(m.Source)
		if err != nil {
			return nil, refusal(m.Source, err.Error()+"; give this user the right to look at it, or name another path")
		}
		if r.missing != "" && len(r.links) > 0 {
			return nil, refusal(m.Source, fmt.Sprintf("%s, and %s does not exist; create it, or name another path", r.links[0], r.missing))
		}
		if len(r.links) > 0 && writable == nil {
			writable = c.writable(original)
		}
		for _, l := range r.links {
			for _, dir := range writable {
				if l.at != dir && hostfile.Below(l.at, dir) && !hostfile.Below(r.real, dir) {
					return nil, refusal(m.Source, fmt.Sprintf("%s in %s, which a workspace can write, and it leads out of there, to %s; "+
						"name that path itself, or replace the link by a directory", l, dir, r.real))
				}
			}
		}
		if err := protected.check(m.Source, r); err != nil {
			return nil, err
		}
		m.Source = r.real
	}
	return mounts, nil
}

// writable returns the directories, without links, that existing containers and the one with these mounts can write on the host.
func (c *checkedBinds) writable(mounts []Mount) []string {
	var dirs []string
	if c.paths.Writable != nil {
		dirs = c.paths.Writable()
	}
	for _, m := range mounts {
		if m.Type == MountBind && !m.ReadOnly {
			dirs = append(dirs, m.Source)
		}
	}
	var out []string
	for _, dir := range dirs {
		// A source that is a link out of another one is refused on its own, and does not make what it leads to writable.
		if r, err := follow(dir); err == nil {
			out = append(out, r.real)
		}
	}
	return out
}

// check refuses sources that are links now, and those that lead to a protected path.
func (c *checkedBinds) check(address string, binds []Bind) error {
	protected := c.protected(address)
	for _, b := range binds {
		r, err := follow(b.Source)
		if err != nil {
			return refusal(b.Source, err.Error()+"; give this user the right to look at it")
		}
		if err := protected.check(b.Source, r); err != nil {
			return err
		}
		if len(r.links) > 0 {
			return refusal(b.Source, fmt.Sprintf("%s now, which leads to %s; put the directory back in its place, or, where the "+
				"link is meant, replace the container: dual-reconciler recreate", r.links[0], r.real))
		}
	}
	return nil
}

// protected are the paths that no container may reach.
type protected struct{ sockets, own []string }

// protected is computed for each call: another engine may have been started.
func (c *checkedBinds) protected(address string) protected {
	p := protected{sockets: hostpath.EngineSockets(address)}
	for _, own := range c.paths.Own {
		p.own = append(p.own, own)
		if r, err := follow(own); err == nil && r.real != own {
			p.own = append(p.own, r.real)
		}
	}
	return p
}

func (p protected) check(source string, r route) error {
	real, by := r.real, ""
	if len(r.links) > 0 {
		by = r.links[0].String() + ", and "
	}
	path := field.NewPath("source")
	if err := hostpath.Validate(path, real, p.sockets); err != nil {
		return refusal(source, by+err.Detail)
	}
	if err := hostpath.ValidateOwn(path, real, p.own); err != nil {
		return refusal(source, by+err.Detail)
	}
	found, err := os.Stat(real)
	if err != nil {
		return nil //nolint:nilerr // The engine refuses a source that does not exist.
	}
	// Compare files, not names: a socket may have a hard link, and a directory may be mounted a second time.
	seen := map[string]bool{}
	for _, socket := range slices.Concat(p.sockets, p.own) {
		for at := socket; !seen[at]; at = filepath.Dir(at) {
			seen[at] = true
			if other, err := os.Stat(at); err == nil && os.SameFile(found, other) {
				return refusal(source, by+fmt.Sprintf("%s is %s by another name, which is or contains %s; name another path", real, at, socket))
			}
		}
	}
	return nil
}
