package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mounting is one line of a mountinfo: see proc_pid_mountinfo(5).
type mounting struct {
	id     int
	device string
	// root is the path in the file system that is mounted at point.
	root, point, kind string
}

// cameOutElsewhere says what a container has at a bind mount's target, where that is not its source; empty where it is, and where
// nobody can tell: the process is of another user or another PID namespace, or its runtime makes no mounts in the kernel.
func cameOutElsewhere(container string, pid int, b Bind) string {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cgroup, err := os.ReadFile(filepath.Join(proc, "cgroup"))
	if err != nil || !bytes.Contains(cgroup, []byte(container)) {
		return ""
	}
	inside, err := mountinfo(filepath.Join(proc, "mountinfo"))
	if err != nil {
		return ""
	}
	want, ok := placeOf(b.Source)
	if !ok {
		return ""
	}
	var at *mounting
	native, there := false, false
	for i, m := range inside {
		native = native || m.point == "/etc/hosts" || m.point == "/etc/resolv.conf"
		there = there || want.same(m)
		if m.point == b.Target {
			at = &inside[i]
		}
	}
	switch {
	case at != nil && !want.same(*at):
		return fmt.Sprintf("%s came out as %s of another place, because a part of the path was replaced by a link while the container was "+
			"started; put the directory back in its place", b.Target, at.root)
	case at == nil && native && !there:
		return "nothing of it is mounted in the container, because a part of the path was replaced by a link while the container was " +
			"started; put the directory back in its place"
	}
	return ""
}

// same says whether two mounts show the same. NFS does not tell the path in its file system.
func (m mounting) same(o mounting) bool {
	if m.device != o.device {
		return false
	}
	return strings.HasPrefix(o.kind, "nfs") || strings.TrimSuffix(o.root, "//deleted") == m.root
}

// placeOf is where a path without links is in its file system.
func placeOf(path string) (mounting, bool) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return mounting{}, false
	}
	defer func() { _ = unix.Close(fd) }()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		return mounting{}, false
	}
	_, text, _ := strings.Cut(string(info), "mnt_id:")
	text, _, _ = strings.Cut(text, "\n")
	id, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return mounting{}, false
	}
	ours, err := mountinfo("/proc/self/mountinfo")
	if err != nil {
		return mounting{}, false
	}
	for _, m := range ours {
		if rel, err := filepath.Rel(m.point, path); m.id == id && err == nil && filepath.IsLocal(rel) {
			m.root = filepath.Join(m.root, rel)
			return m, true
		}
	}
	return mounting{}, false
}

func mountinfo(file string) ([]mounting, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []mounting
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		front, back, _ := strings.Cut(lines.Text(), " - ")
		f := strings.Fields(front)
		if len(f) < 5 {
			continue
		}
		id, err := strconv.Atoi(f[0])
		if err != nil {
			continue
		}
		kind, _, _ := strings.Cut(back, " ")
		out = append(out, mounting{id: id, device: f[2], root: unescape(f[3]), point: unescape(f[4]), kind: kind})
	}
	return out, nil
}

// unescape undoes the kernel's octal escapes of space, tab, newline and backslash.
func unescape(s string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if n, err := strconv.ParseUint(after[:min(3, len(after))], 8, 8); err == nil && len(after) >= 3 {
			out.WriteByte(byte(n))
			after = after[3:]
		} else {
			out.WriteByte('\\')
		}
		s = after
	}
}
