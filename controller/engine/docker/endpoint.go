package docker

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/connhelper"
	dockercontext "github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
)

const (
	defaultContext = "default"
	envContext     = "DOCKER_CONTEXT"
)

// endpoint is where the engine is, and how the user said so.
type endpoint struct {
	// address for people, such as ssh://me@host, which is not always the client's.
	address string
	// context is the docker context's name; default where none is chosen.
	context string
	// opts makes options for one client: a client changes the HTTP client that is among them.
	opts func() ([]client.Opt, error)
}

// isSocket reports whether the engine is reached through a socket of this machine.
func (e endpoint) isSocket() bool { return strings.HasPrefix(e.address, "unix://") }

func defaultConfigDir() string {
	if dir := os.Getenv(config.EnvOverrideConfigDir); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".docker")
}

// resolveEndpoint follows the docker command: an explicit host, DOCKER_HOST, DOCKER_CONTEXT, the configuration's current
// context, the platform's default.
func resolveEndpoint(opts Options) (endpoint, error) {
	host := opts.Host
	if host == "" {
		host = os.Getenv(client.EnvOverrideHost)
	}
	name := defaultContext
	if host == "" {
		var err error
		if name, err = contextName(opts.ConfigDir); err != nil {
			return endpoint{}, err
		}
	}
	if name != defaultContext {
		return contextEndpoint(opts.ConfigDir, name)
	}
	if host == "" {
		host = client.DefaultDockerHost
	}
	return hostEndpoint(host)
}

// Address is where New would look for the engine. It makes no network call.
func Address(opts Options) (string, error) {
	if opts.ConfigDir == "" {
		opts.ConfigDir = defaultConfigDir()
	}
	ep, err := resolveEndpoint(opts)
	return ep.address, err
}

func contextName(configDir string) (string, error) {
	if name := os.Getenv(envContext); name != "" {
		return name, nil
	}
	cfg, err := config.Load(configDir)
	if err != nil {
		return "", fmt.Errorf("read docker configuration in %s: %w", configDir, err)
	}
	if cfg.CurrentContext != "" {
		return cfg.CurrentContext, nil
	}
	return defaultContext, nil
}

func contextEndpoint(configDir, name string) (endpoint, error) {
	contexts := store.New(filepath.Join(configDir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(dockercontext.DockerEndpoint, func() any { return &dockercontext.EndpointMeta{} }),
	))
	meta, err := contexts.GetMetadata(name)
	if err != nil {
		return endpoint{}, fmt.Errorf("use docker context %s: no such context in %s: choose one of `docker context ls`", name, configDir)
	}
	epMeta, err := dockercontext.EndpointFromContext(meta)
	if err != nil {
		return endpoint{}, fmt.Errorf("use docker context %s: %w", name, err)
	}
	ep, err := dockercontext.WithTLSData(contexts, name, epMeta)
	if err != nil {
		return endpoint{}, fmt.Errorf("read TLS material of docker context %s: %w", name, err)
	}
	address := ep.Host
	if address == "" {
		address = client.DefaultDockerHost
	}
	return endpoint{address: address, context: name, opts: ep.ClientOpts}, nil
}

func hostEndpoint(host string) (endpoint, error) {
	if _, err := client.ParseHostURL(host); err != nil {
		return endpoint{}, fmt.Errorf("use docker host %q: it must look like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host", host)
	}
	return endpoint{address: host, context: defaultContext, opts: func() ([]client.Opt, error) { return hostOpts(host) }}, nil
}

func hostOpts(host string) ([]client.Opt, error) {
	helper, err := connhelper.GetConnectionHelper(host)
	if err != nil {
		return nil, err
	}
	if helper == nil {
		return []client.Opt{client.WithTLSClientConfigFromEnv(), client.WithHost(host), client.WithVersionFromEnv()}, nil
	}
	return []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: helper.Dialer}}),
		client.WithHost(helper.Host),
		client.WithDialContext(helper.Dialer),
		client.WithVersionFromEnv(),
	}, nil
}
