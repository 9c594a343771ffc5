package manifest

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
)

// resolve brings a claim up to date with the host: paths, and env files. It does nothing, and reports so, where the host
// did not change since the last time.
func (l *Loader) resolve(c *claim, r *reading) bool {
	if c.doc == nil || !l.stale(c, r) {
		return false
	}
	c.resolved = true
	c.hosts, c.envs, c.ws, c.refused = nil, nil, nil, nil
	ws := &Workspace{
		Name: c.name, File: c.file.rel, Line: c.line,
		Labels: c.doc.Labels, Annotations: c.doc.Annotations, Spec: *c.doc.Spec.DeepCopy(),
	}
	refuse := func(p *field.Path, err error) bool {
		if err != nil {
			place := c.places[p.String()]
			c.refused = &decode.Fault{
				File: c.file.rel, Line: place.line, Column: place.column, Field: p.String(), Message: err.Error(),
			}
		}
		return err != nil
	}
	base := filepath.Dir(c.file.path)
	var hosts []host
	if s := ws.Spec.Source; s != nil {
		if refuse(sourceField, l.hostPath(c, sourceField, base, &s.Path)) {
			return true
		}
		hosts = append(hosts, host{field: sourceField, path: s.Path})
		c.git = gitFileOf(s.Path)
		if c.git != (stamp{}) {
			ws.GitDirectory, ws.GitRefused = l.gitDirectory(s.Path, ws.Spec.Mounts)
		}
	}
	for i := range ws.Spec.Mounts {
		if m := &ws.Spec.Mounts[i]; m.Type == v1alpha1.MountBind {
			p := mountField(i)
			if refuse(p, l.hostPath(c, p, base, &m.Source)) {
				return true
			}
			hosts = append(hosts, host{field: p, path: m.Source, readOnly: m.ReadOnly})
		}
	}
	for _, h := range c.hosts {
		if h.Missing {
			ws.Missing = append(ws.Missing, h.path)
		}
		if ws.Hosts == nil {
			ws.Hosts = map[string]string{}
		}
		ws.Hosts[h.path] = h.ID.String()
	}
	if g := ws.GitDirectory; g != nil {
		ws.Hosts[g.Source] = hostfile.Host{}.Look(g.Source).ID.String()
	}
	var files [][]v1alpha1.EnvVar
	for i := range ws.Spec.EnvFrom {
		f := &ws.Spec.EnvFrom[i]
		abs, err := l.expand(base, f.File)
		if refuse(envFromField(i), err) {
			return true
		}
		f.File = abs
		hosts = append(hosts, host{field: envFromField(i), path: abs, readOnly: true})
		e := l.envFile(abs, r)
		c.envs = append(c.envs, envUse{file: e, revision: e.revision})
		if c.refused == nil {
			c.refused = e.problem()
		}
		if e.missing || (e.version == 0 && e.err == nil) {
			ws.Missing = append(ws.Missing, abs)
		}
		// The last good content of a missing file still counts: an editor that renames must not look like an edit.
		files = append(files, e.vars)
	}
	if c.refused != nil {
		return true
	}
	if ws.Outside, ws.Tree = l.outside(c, hosts); len(ws.Outside) > 0 {
		ws.Written = l.written(c)
	}
	slices.Sort(ws.Missing)
	ws.Missing = slices.Compact(ws.Missing)
	ws.Env, ws.EnvFromHash = mergeEnv(files, ws.Spec.Env)
	c.ws = ws
	return true
}

// stale says whether the host changed in a way that concerns the claim.
func (l *Loader) stale(c *claim, r *reading) bool {
	if !c.resolved {
		return true
	}
	stale := false
	for _, h := range c.hosts {
		// What does not exist may come to exist as a link to anywhere.
		stale = stale || h != h.look()
	}
	if s := c.doc.Spec.Source; s != nil && len(c.hosts) > 0 {
		// What was refused may have been mended on the repository's side.
		stale = stale || c.git != gitFileOf(c.hosts[0].path) || c.ws != nil && c.ws.GitRefused != ""
	}
	for _, use := range c.envs {
		// All are looked at, whatever was found, because the pass refreshes them here.
		use.file.refresh(l.pass, r)
		stale = stale || use.file.revision != use.revision
	}
	return stale
}

// hostPath makes path absolute and checks that mounting it gives nothing away. What is mounted stays as it is named, but
// what it leads to counts too.
func (l *Loader) hostPath(c *claim, p *field.Path, base string, path *string) error {
	abs, err := l.expand(base, *path)
	if err != nil {
		return err
	}
	*path = abs
	c.hosts = append(c.hosts, hostPath{path: abs}.look())
	for _, candidate := range []string{abs, hostpath.Resolve(abs)} {
		if err := hostpath.Validate(p, candidate, l.sockets); err != nil {
			return errors.New(err.ErrorBody())
		}
		if err := hostpath.ValidateOwn(p, candidate, l.own); err != nil {
			return errors.New(err.ErrorBody())
		}
	}
	return nil
}

// expand makes a path of a manifest absolute. base is the directory of the manifest as it was reached, not of a symlink's
// target: the tree that people see is the tree that paths are relative to.
func (l *Loader) expand(base, path string) (string, error) {
	rest, tilde := strings.CutPrefix(path, "~")
	switch {
	case tilde && (rest == "" || rest[0] == '/'):
		if !filepath.IsAbs(l.home) {
			return "", fmt.Errorf("expand %s: the home directory is not known; set HOME or write an absolute path", path)
		}
		return filepath.Join(l.home, rest), nil
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	}
	return filepath.Join(base, path), nil
}

// envFile returns the env file at a path, up to date.
func (l *Loader) envFile(abs string, r *reading) *envFile {
	e := l.envs[abs]
	if e == nil {
		e = &envFile{blob: blob{path: abs, format: formatEnv}, display: abs}
		if rel, err := filepath.Rel(l.dir, abs); err == nil && filepath.IsLocal(rel) {
			e.display = filepath.ToSlash(rel)
		}
		l.envs[abs] = e
	}
	e.refresh(l.pass, r)
	return e
}
