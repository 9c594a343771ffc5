package docker

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// networkCause finds the end of a chain of wrappings that says why a registry was not reached.
var networkCause = regexp.MustCompile(`(no such host|connection refused|network is unreachable|no route to host|i/o timeout|` +
	`request canceled while waiting for connection|Client\.Timeout exceeded[^:]*|context deadline exceeded|server misbehaving|` +
	`connection reset by peer|server gave HTTP response to HTTPS client|(?:tls|x509): .*)$`)

// translate says what became of a pull. Registries answer in words, not in codes, by the time an engine passes it on.
func (p *pull) translate(ctx context.Context, e *Engine, err error) error {
	var remote *remoteError
	if ctx.Err() != nil || (!errors.As(err, &remote) && unreachable(err)) {
		return e.translate(ctx, "pull "+p.ref, err)
	}
	text := clean(err.Error())
	lower := strings.ToLower(text)
	says := func(signs ...string) bool {
		for _, s := range signs {
			if strings.Contains(lower, s) {
				return true
			}
		}
		return false
	}
	login := "docker login " + p.registry
	if p.registry == hubDomain {
		login = "docker login"
	}
	switch {
	case says("toomanyrequests", "too many requests", "rate limit"):
		return fail(nil, "pull %s: registry %s limits the rate of pulls: run `%s`, or wait", p.ref, p.registry, login)
	case says("repository does not exist or may require"):
		// Docker Hub does not tell a private image from one that is not there. Misspelt names are the more frequent.
		return fail(engine.ErrImageNotFound, "image %s not found in registry %s: check the name, or run `%s` where it is private",
			p.ref, p.registry, login)
	case says("unauthorized", "no basic auth credentials", "authentication required", "denied", "incorrect username or password", "401 ", "403 "):
		return fail(engine.ErrUnauthorized, "pull %s: registry %s refuses these credentials: run `%s`", p.ref, p.registry, login)
	case says("no matching manifest", "does not match the specified platform"):
		return fail(engine.ErrImageNotFound, "image %s in registry %s has no variant for this machine: %s", p.ref, p.registry, text)
	case says("manifest unknown", "name unknown", "not found", "404 "):
		return fail(engine.ErrImageNotFound, "image %s not found in registry %s", p.ref, p.registry)
	}
	if cause := networkCause.FindString(text); cause != "" {
		return fail(nil, "pull %s: cannot reach registry %s: %s", p.ref, p.registry, cause)
	}
	return e.translate(ctx, "pull "+p.ref, err)
}
