package manifest

import (
	"log/slog"
	"os"
	"time"

	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
)

// DefaultSettle is how long doubtful content must remain unchanged before it is accepted.
const DefaultSettle = 2 * time.Second

// Option of a Loader.
type Option func(*Loader)

// WithSettle sets how long content that may be half-written must remain unchanged before it is accepted: the prune
// delay.
func WithSettle(d time.Duration) Option { return func(l *Loader) { l.settle = d } }

// WithEngineSockets sets the paths that no workspace may mount; the default is hostpath.EngineSockets of DOCKER_HOST.
func WithEngineSockets(paths []string) Option { return func(l *Loader) { l.resolver.sockets = paths } }

// WithOwnPaths sets the program's own files and directories, absolute, which no workspace may mount either.
func WithOwnPaths(paths ...string) Option {
	return func(l *Loader) {
		l.resolver.own = nil
		for _, path := range paths {
			l.resolver.own = append(l.resolver.own, path, hostpath.Resolve(path))
		}
	}
}

// WithCurrentFile sets a function that returns the file that a running workspace came from (the container's label
// dual.dev/source), or the empty string if it is not known. It decides between duplicates if the loader has no memory
// of its own. It is called during Load.
func WithCurrentFile(f func(workspace string) (file string)) Option {
	return func(l *Loader) { l.merger.currentFile = f }
}

// WithRecorded sets a function that returns the record of a workspace's container. It determines the current manifest
// if nothing else does, because the state may be lost. It is called during Load, and only for a name that several
// documents define or that an unreadable file may define. While it fails, the container of such a name remains as it
// is.
func WithRecorded(f func(workspace string) (Recorded, error)) Option {
	return func(l *Loader) { l.merger.recorded = f }
}

// WithKnown sets a function that returns the workspaces whose container a snapshot may cause to be removed. It is
// called during Load.
func WithKnown(f func() []string) Option { return func(l *Loader) { l.known = f } }

// WithKnownIdentity sets the Snapshot.Identity of the last run.
func WithKnownIdentity(s string) Option {
	return func(l *Loader) { l.guard.identity = parseIdentity(s) }
}

// WithTrustedDirectory accepts the directory as the right one, whatever was there before. The user confirmed it.
func WithTrustedDirectory(trusted bool) Option { return func(l *Loader) { l.guard.trusted = trusted } }

// WithAllowEmpty accepts every directory without a workspace, and in the first reads also one that replaced another.
// The user confirmed it.
func WithAllowEmpty(allow bool) Option {
	return func(l *Loader) { l.guard.allowEmpty, l.guard.accepted = allow, allow }
}

// WithoutRevisions leaves Workspace.Revision empty and never runs git.
func WithoutRevisions() Option { return func(l *Loader) { l.git.revisions = nil } }

func (l *Loader) setDefaults() {
	l.clock, l.log, l.settle = clock.RealClock{}, slog.Default(), DefaultSettle
	l.known = func() []string { return nil }
	l.tree = tree{dir: l.dir, files: map[string]*file{}, changed: true}
	l.resolver = resolver{dir: l.dir, envs: map[string]*envFile{}, sockets: hostpath.EngineSockets(os.Getenv("DOCKER_HOST"))}
	if home, err := os.UserHomeDir(); err == nil {
		l.resolver.home = home
	}
	l.merger = merger{memory: map[string]remembered{}, currentFile: func(string) string { return "" }}
	l.git = gitState{conflicts: gitrepo.Conflicts{}, revisions: gitrepo.NewTracker(l.log)}
}
