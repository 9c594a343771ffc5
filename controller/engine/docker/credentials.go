package docker

import (
	"context"
	"fmt"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/docker/api/types/registry"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

const (
	hubDomain = "docker.io"
	// hubServer is the key of Docker Hub's credentials, for historical reasons.
	hubServer = "https://index.docker.io/v1/"
)

// registryAuth is the header that carries the user's credentials for a registry. The configuration is read anew for each
// pull: a docker login must help without a restart.
func (e *Engine) registryAuth(ctx context.Context, ref reference.Named) (string, error) {
	type answer struct {
		header string
		err    error
	}
	// A credential helper is a program that may ask somebody who is not there.
	limited, cancel := context.WithTimeoutCause(ctx, e.opts.StallTimeout, fail(engine.ErrStalled,
		"the credential helper for registry %s gave no answer within %s", reference.Domain(ref), e.opts.StallTimeout))
	defer cancel()
	answers := make(chan answer, 1)
	go func() {
		header, err := readAuth(limited, e.opts.ConfigDir, reference.Domain(ref))
		answers <- answer{header, err}
	}()
	select {
	case a := <-answers:
		return a.header, a.err
	case <-limited.Done():
		return "", context.Cause(limited)
	}
}

func readAuth(ctx context.Context, configDir, domain string) (string, error) {
	cfg, err := config.Load(configDir)
	if err != nil {
		return "", fmt.Errorf("read docker configuration in %s: %w", configDir, err)
	}
	if !cfg.ContainsAuth() {
		cfg.CredentialsStore = credentials.DetectDefaultStore(cfg.CredentialsStore)
	}
	server := domain
	if domain == hubDomain {
		server = hubServer
	}
	auth, err := authOf(ctx, cfg, server)
	if err != nil {
		return "", fmt.Errorf("read credentials for registry %s: %w", domain, err)
	}
	return registry.EncodeAuthConfig(registry.AuthConfig{
		Username:      auth.Username,
		Password:      auth.Password,
		Auth:          auth.Auth,
		ServerAddress: auth.ServerAddress,
		IdentityToken: auth.IdentityToken,
		RegistryToken: auth.RegistryToken,
	})
}
