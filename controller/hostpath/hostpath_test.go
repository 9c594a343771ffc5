package hostpath

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestValidateHostPath(t *testing.T) {
	sockets := []string{"/var/run/docker.sock", "/run/docker.sock", "/run/podman", "/home/me/.colima", "/srv/engine/other.sock"}
	tests := map[string]string{ // path → what the message says, or nothing
		"/run/docker.sock":           "is the container engine's socket",
		"/run/podman":                "is the container engine's socket",
		"/run/podman/podman.sock":    "is the container engine's socket",
		"/srv/engine/other.sock":     "is the container engine's socket",
		"/home/me/.colima/x/d.sock":  "is the container engine's socket",
		"/":                          "contains the container engine's socket",
		"/var":                       "contains the container engine's socket /var/run/docker.sock",
		"/var/run/":                  "contains the container engine's socket",
		"/run":                       "contains the container engine's socket",
		"/run/x/..":                  "contains the container engine's socket",
		"/home":                      "contains the container engine's socket",
		"/home/me":                   "contains the container engine's socket",
		"/srv/engine":                "contains the container engine's socket",
		"/proc":                      "is the host's /proc",
		"/proc/1/root/home":          "is the host's /proc",
		"/sys/fs/cgroup":             "is the host's /sys",
		"/dev/sda":                   "is the host's /dev",
		"/dev/null":                  "",
		"/home/me/shop":              "",
		"/run/docker.sock.bak":       "",
		"/run/dockerx":               "",
		"/var/lib/data":              "",
		"/srv/engine/other.sock.txt": "",
		"/devel":                     "",
	}
	for path, want := range tests {
		err := Validate(field.NewPath("spec", "source", "path"), path, sockets)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", path, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || err.Field != "spec.source.path"):
			t.Errorf("%s: %v, want …%s…", path, err, want)
		}
	}
}

func TestEngineSockets(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", filepath.Join(dir, "home"))
	for _, d := range []string{"home/.docker/run", "real"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "real", "d.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	sockets := EngineSockets("unix://" + dir + "/link/d.sock")
	for path, refused := range map[string]bool{
		"/": true, "/var": true, "/var/run": true, "/run": true, "/run/docker.sock": true, "/var/run/docker.sock": true,
		"/run/containerd/containerd.sock": true, "/run/podman/podman.sock": true, "/run/user": true,
		dir + "/home/.docker/run/docker.sock": true, dir + "/home": true,
		dir + "/link/d.sock": true, dir + "/real/d.sock": true, dir + "/real": true,
		dir + "/other": false, dir + "/home/shop": false, dir + "/home/.colima": false,
	} {
		if err := Validate(field.NewPath("x"), path, sockets); (err != nil) != refused {
			t.Errorf("%s: %v, want refused: %v", path, err, refused)
		}
	}
	for _, remote := range []string{"", "tcp://10.0.0.1:2376", "ssh://me@host", "unix://relative.sock"} {
		for _, s := range EngineSockets(remote) {
			if !filepath.IsAbs(s) || s == "/" {
				t.Errorf("%q: lists %q", remote, s)
			}
		}
	}
}
