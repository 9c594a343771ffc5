package docker_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
)

// configDir has a configuration with a current context, and the contexts by name.
func configDir(t *testing.T, current string, contexts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "config.json"), fmt.Sprintf(`{"currentContext":%q}`, current))
	for name, host := range contexts {
		sum := sha256.Sum256([]byte(name))
		write(filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json"),
			fmt.Sprintf(`{"Name":%q,"Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, name, host))
	}
	return dir
}

func TestEndpoint(t *testing.T) {
	contexts := map[string]string{"colima": "unix:///colima.sock", "desktop": "unix:///desktop.sock", "far": "ssh://me@far"}
	for _, tt := range []struct {
		name, current, envHost, envContext, host string
		want                                     string
	}{
		{name: "nothing", want: "at unix:///var/run/docker.sock"},
		{name: "current context", current: "colima", want: "at unix:///colima.sock: is it running? (docker context colima)"},
		{name: "DOCKER_CONTEXT", current: "colima", envContext: "desktop", want: "at unix:///desktop.sock: is it running? (docker context desktop)"},
		{name: "DOCKER_CONTEXT default", current: "colima", envContext: "default", want: "at unix:///var/run/docker.sock"},
		{name: "DOCKER_HOST", current: "colima", envContext: "desktop", envHost: "unix:///env.sock", want: "at unix:///env.sock: is it running? (docker context default)"},
		{name: "option", current: "colima", envHost: "unix:///env.sock", host: "unix:///mine.sock", want: "at unix:///mine.sock: is it running? (docker context default)"},
		{name: "nothing listens", host: "tcp://127.0.0.1:1", want: "at tcp://127.0.0.1:1: is it running?"},
		{name: "no such host", host: "tcp://engine.invalid:2375", want: "no such host engine.invalid"},
		{name: "absent context", current: "gone", want: "use docker context gone: no such context"},
		{name: "malformed host", host: "nonsense", want: `use docker host "nonsense": it must look like`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", tt.envHost)
			t.Setenv("DOCKER_CONTEXT", tt.envContext)
			t.Setenv("DOCKER_CONFIG", configDir(t, tt.current, contexts))
			e, err := docker.New(docker.Options{Host: tt.host})
			if err == nil && strings.HasSuffix(tt.want, "docker.sock") {
				// An engine may be there: ask it where it is.
				info, infoErr := e.Info(t.Context())
				if got := "at " + info.Address; infoErr == nil && (got != tt.want || info.Context != "default") {
					t.Errorf("Info = %+v, want the address %s", info, tt.want)
				}
				err = infoErr
				_ = e.Close()
				if err == nil {
					return
				}
			}
			if err == nil {
				_, err = e.Info(t.Context())
				says(t, err, engine.ErrUnavailable, "cannot reach the Docker engine")
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestSSH: the dialler is ssh's own; its absence is said, not hidden.
func TestSSH(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e, err := docker.New(docker.Options{Host: "ssh://me@far"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Info(t.Context())
	says(t, err, engine.ErrUnavailable, "cannot reach the Docker engine at ssh://me@far")
}

// TestPermissionDenied needs a user who may be denied something.
func TestPermissionDenied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		e, err := docker.New(docker.Options{Host: "unix://" + path, ConfigDir: "/nonexistent"})
		if err != nil {
			t.Error(err)
			return
		}
		_, err = e.Info(t.Context())
		says(t, err, engine.ErrUnavailable, "permission denied", "docker group", "sudo")
	})
}

// asNobody runs f without root's powers.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	if err := syscall.Seteuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}
