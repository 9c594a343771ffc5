// Package hostpath decides which paths of the host a workspace may mount.
package hostpath

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// EngineSockets lists where container engines of this machine listen: absolute paths of sockets and of directories that
// hold nothing else, as named and with symlinks resolved, those that exist first. Sockets below the home directory are
// listed where they exist. dockerHost is a DOCKER_HOST or a docker context's endpoint, and may be empty.
func EngineSockets(dockerHost string) []string {
	list := []string{
		"/var/run/docker.sock", "/run/docker.sock", "/run/docker",
		"/run/containerd", "/run/podman", "/run/crio", "/run/k3s", "/run/buildkit",
	}
	uid := os.Getuid()
	for _, name := range []string{"docker.sock", "docker", "podman", "containerd", "buildkit"} {
		list = append(list, fmt.Sprintf("/run/user/%d/%s", uid, name))
		list = append(list, existing("/run/user/*/"+name)...)
		if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
			list = append(list, filepath.Join(dir, name))
		}
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		for _, name := range []string{
			".docker/run", ".docker/desktop", ".colima", ".config/colima", ".orbstack/run", ".rd/docker.sock",
			".lima", ".local/share/containers/podman/machine",
		} {
			if path := filepath.Join(home, name); exists(path) {
				list = append(list, path)
			}
		}
	}
	if path, ok := strings.CutPrefix(dockerHost, "unix://"); ok && filepath.IsAbs(path) {
		list = append(list, filepath.Clean(path))
	}
	for _, path := range slices.Clone(list) {
		list = append(list, Resolve(path))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	// Those that are there come first: a refusal names the first that it finds.
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return list
}

func existing(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil // Only a malformed pattern errs, and ours are constant.
	}
	return paths
}

func rank(path string) int {
	if exists(path) {
		return 0
	}
	return 1
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Resolve follows symlinks as far as the path exists: what does not exist may be made later.
func Resolve(path string) string {
	for dir, rest := path, ""; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return path
		}
	}
}

// kernelPaths are the host's devices and kernel interfaces: mounting one is asking for devices or host namespaces.
var kernelPaths = []string{"/proc", "/sys", "/dev"}

// harmlessDevices are in every container already; binding one is how a file is masked.
var harmlessDevices = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"}

// Validate refuses a path of the host that must not be mounted, read-only or not: one of the sockets, anything that
// contains one, and the host's devices and kernel interfaces. Whoever reaches the engine's socket is root on the host.
// abs must be absolute, with symlinks resolved (filepath.EvalSymlinks). sockets are from EngineSockets.
func Validate(p *field.Path, abs string, sockets []string) *field.Error {
	abs = filepath.Clean(abs)
	for _, socket := range sockets {
		switch socket = filepath.Clean(socket); {
		case within(abs, socket):
			return field.Forbidden(p, abs+" is the container engine's socket: whoever reaches it is root on the host; no workspace may mount it, not even read-only")
		case within(socket, abs):
			return field.Forbidden(p, abs+" contains the container engine's socket "+socket+": whoever reaches it is root on the host; mount a directory further down")
		}
	}
	if slices.Contains(harmlessDevices, abs) {
		return nil
	}
	for _, kernel := range kernelPaths {
		if within(abs, kernel) {
			return field.Forbidden(p, abs+" is the host's "+kernel+": a workspace has no way to the host's devices and kernel")
		}
	}
	return nil
}

// ValidateOwn refuses a path of the host that is, contains, or lies in one of the program's own directories: whoever
// writes its state, or reaches its socket, decides what it does. abs and own are as for Validate.
func ValidateOwn(p *field.Path, abs string, own []string) *field.Error {
	abs = filepath.Clean(abs)
	for _, dir := range own {
		switch dir = filepath.Clean(dir); {
		case within(abs, dir):
			return field.Forbidden(p, abs+" is the controller's own "+dir+": whoever writes its state decides what it does; mount another directory")
		case within(dir, abs):
			return field.Forbidden(p, abs+" contains the controller's own "+dir+": whoever writes its state decides what it does; "+
				"mount a directory further down, or keep the state elsewhere with --state-dir")
		}
	}
	return nil
}

// within says whether path is dir or below it. Darwin's file systems do not tell cases apart.
func within(path, dir string) bool {
	if runtime.GOOS == "darwin" {
		path, dir = strings.ToLower(path), strings.ToLower(dir)
	}
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}
