package docker

import (
	"context"
	"io"
	"os/exec"
	"time"

	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"
	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
)

// tokenUser stands for a user who has an identity token.
const tokenUser = "<token>"

// authOf is the configuration's own GetAuthConfig, whose helper nobody ends: one that waits for somebody would be left behind
// by each try.
func authOf(ctx context.Context, cfg *configfile.ConfigFile, server string) (types.AuthConfig, error) {
	helper := cfg.CredentialHelpers[server]
	if helper == "" {
		helper = cfg.CredentialsStore
	}
	if helper == "" {
		return cfg.GetAuthConfig(server)
	}
	found, err := client.Get(func(args ...string) client.Program {
		return newHelper(ctx, "docker-credential-"+helper, args...)
	}, server)
	switch {
	case credentials.IsErrCredentialsNotFound(err):
		return types.AuthConfig{}, nil
	case err != nil:
		return types.AuthConfig{}, err
	case found.Username == tokenUser:
		return types.AuthConfig{ServerAddress: server, IdentityToken: found.Secret}, nil
	}
	return types.AuthConfig{ServerAddress: server, Username: found.Username, Password: found.Secret}, nil
}

// helper is a credential helper that ends with its context, and what it started with it.
type helper struct{ cmd *exec.Cmd }

func newHelper(ctx context.Context, name string, args ...string) helper {
	cmd := exec.CommandContext(ctx, name, args...)
	ownGroup(cmd)
	cmd.WaitDelay = time.Second // What left the group may hold the pipe.
	return helper{cmd}
}

func (h helper) Output() ([]byte, error) { return h.cmd.Output() }
func (h helper) Input(in io.Reader)      { h.cmd.Stdin = in }
