package manifest

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// resolver applies the current state of the host to candidates: paths and env files.
type resolver struct {
	dir string
	// home is what ~ stands for.
	home string
	// sockets of the engine and own paths of the program cannot be mounted.
	sockets, own []string
	envs         map[string]*envFile
	// pass counts the calls of resolveAll.
	pass int
}

// resolveAll brings all candidates up to date, and reports whether one changed.
func (v *resolver) resolveAll(files []*file, r *reading) (changed bool) {
	v.pass++
	for _, f := range files {
		for _, c := range f.candidates {
			changed = v.resolve(c, r) || changed
		}
	}
	// An env file that no candidate used in this pass is not needed.
	maps.DeleteFunc(v.envs, func(_ string, e *envFile) bool { return e.pass != v.pass })
	return changed
}

// resolve brings a candidate up to date with the host. It reports false if the host did not change since the last time.
func (v *resolver) resolve(c *candidate, r *reading) bool {
	if c.doc == nil || !v.stale(c, r) {
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
		if refuse(sourceField, v.hostPath(c, sourceField, base, &s.Path)) {
			return true
		}
		hosts = append(hosts, host{field: sourceField, path: s.Path})
		c.git = gitrepo.GitFile(s.Path)
		if c.git != (stat.Stamp{}) {
			ws.GitDirectory, ws.GitRefused = v.gitDirectory(s.Path, ws.Spec.Mounts)
		}
	}
	for i := range ws.Spec.Mounts {
		if m := &ws.Spec.Mounts[i]; m.Type == v1alpha1.MountBind {
			p := mountField(i)
			if refuse(p, v.hostPath(c, p, base, &m.Source)) {
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
		abs, err := v.expand(base, f.File)
		if refuse(envFromField(i), err) {
			return true
		}
		f.File = abs
		hosts = append(hosts, host{field: envFromField(i), path: abs, readOnly: true})
		e := v.envFile(abs, r)
		c.envs = append(c.envs, envUse{file: e, revision: e.revision})
		if c.refused == nil {
			c.refused = e.problem()
		}
		if e.missing || (e.version == 0 && e.err == nil) {
			ws.Missing = append(ws.Missing, abs)
		}
		// A missing file keeps its last valid content: an editor that saves by renaming must not look like a change.
		files = append(files, e.vars)
	}
	if c.refused != nil {
		return true
	}
	if ws.Outside, ws.Tree = v.outside(c, hosts); len(ws.Outside) > 0 {
		ws.Written = v.written(c)
	}
	slices.Sort(ws.Missing)
	ws.Missing = slices.Compact(ws.Missing)
	ws.Env, ws.EnvFromHash = mergeEnv(files, ws.Spec.Env)
	c.ws = ws
	return true
}

// stale reports whether the host changed in a way that concerns the candidate.
func (v *resolver) stale(c *candidate, r *reading) bool {
	if !c.resolved {
		return true
	}
	stale := false
	for _, h := range c.hosts {
		// A missing path can appear as a link to another place.
		stale = stale || h != h.refreshed()
	}
	if s := c.doc.Spec.Source; s != nil && len(c.hosts) > 0 {
		// A refusal can end through a change in the repository.
		stale = stale || c.git != gitrepo.GitFile(c.hosts[0].path) || c.ws != nil && c.ws.GitRefused != ""
	}
	for _, use := range c.envs {
		// Refresh all of them, because this is the only place that does.
		use.file.refresh(v.pass, r)
		stale = stale || use.file.revision != use.revision
	}
	return stale
}

// hostPath makes path absolute and checks that it may be mounted. The mount uses the path as named; the check also
// applies to the path without symlinks.
func (v *resolver) hostPath(c *candidate, p *field.Path, base string, named *string) error {
	abs, err := v.expand(base, *named)
	if err != nil {
		return err
	}
	*named = abs
	c.hosts = append(c.hosts, hostPath{path: abs}.refreshed())
	for _, path := range []string{abs, hostpath.Resolve(abs)} {
		if err := hostpath.Validate(p, path, v.sockets); err != nil {
			return errors.New(err.ErrorBody())
		}
		if err := hostpath.ValidateOwn(p, path, v.own); err != nil {
			return errors.New(err.ErrorBody())
		}
	}
	return nil
}

// expand makes a path of a manifest absolute. base is the directory of the manifest as it was reached, not that of a
// symlink's target: paths are relative to the tree that users see.
func (v *resolver) expand(base, path string) (string, error) {
	rest, tilde := strings.CutPrefix(path, "~")
	switch {
	case tilde && (rest == "" || rest[0] == '/'):
		if !filepath.IsAbs(v.home) {
			return "", fmt.Errorf("expand %s: the home directory is not known; set HOME or write an absolute path", path)
		}
		return filepath.Join(v.home, rest), nil
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	}
	return filepath.Join(base, path), nil
}

// envFile returns the env file at a path, up to date.
func (v *resolver) envFile(abs string, r *reading) *envFile {
	e := v.envs[abs]
	if e == nil {
		e = &envFile{blob: blob{path: abs, format: formatEnv}, display: abs}
		if rel, err := filepath.Rel(v.dir, abs); err == nil && filepath.IsLocal(rel) {
			e.display = filepath.ToSlash(rel)
		}
		v.envs[abs] = e
	}
	e.refresh(v.pass, r)
	return e
}
