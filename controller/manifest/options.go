package manifest

import (
	"log/slog"
	"os"
	"time"

	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

// DefaultSettle is how long doubtful content must stay untouched before it is believed.
const DefaultSettle = 2 * time.Second

// Option of a Loader.
type Option func(*Loader)

// WithSettle sets how long content that looks half-written must stay untouched before it is believed: the prune delay.
func WithSettle(d time.Duration) Option { return func(l *Loader) { l.settle = d } }

// WithEngineSockets sets the paths that no workspace may mount; the default is hostpath.EngineSockets of DOCKER_HOST.
func WithEngineSockets(paths []string) Option { return func(l *Loader) { l.sockets = paths } }

// WithOwnPaths sets the program's own files and directories, absolute, which no workspace may mount either.
func WithOwnPaths(paths ...string) Option {
	return func(l *Loader) {
		l.own = nil
		for _, path := range paths {
			l.own = append(l.own, path, hostpath.Resolve(path))
		}
	}
}

// WithInForce says which file a running workspace came from (the container's label dual.dev/source), empty where that is
// not known. It decides between duplicates where the loader has no memory of its own, and is called during Load.
func WithInForce(f func(workspace string) (file string)) Option {
	return func(l *Loader) { l.inForce = f }
}

// WithKnown says which workspaces have a container that may be removed on the word of a snapshot. It is called during Load.
func WithKnown(f func() []string) Option { return func(l *Loader) { l.known = f } }

// WithKnownIdentity gives the loader the Snapshot.Identity of the last run.
func WithKnownIdentity(s string) Option { return func(l *Loader) { l.identity = parseIdentity(s) } }

// WithTrustedDirectory believes that the directory is the right one, whatever stood there before: a person vouches for it.
func WithTrustedDirectory(trusted bool) Option { return func(l *Loader) { l.trusted = trusted } }

// WithAllowEmpty believes every directory that leaves no workspace, and the one of the first reads also where it is another
// than it was: a person vouches for it.
func WithAllowEmpty(allow bool) Option {
	return func(l *Loader) { l.allowEmpty, l.accepted = allow, allow }
}

// WithoutRevisions never asks git.
func WithoutRevisions() Option { return func(l *Loader) { l.revisions.off = true } }

func (l *Loader) setDefaults() {
	l.clock, l.log = clock.RealClock{}, slog.Default()
	l.settle = DefaultSettle
	l.sockets = hostpath.EngineSockets(os.Getenv("DOCKER_HOST"))
	l.inForce = func(string) string { return "" }
	l.known = func() []string { return nil }
	l.revisions = newRevisions()
	if home, err := os.UserHomeDir(); err == nil {
		l.home = home
	}
}
