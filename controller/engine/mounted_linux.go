package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// cameOutElsewhere describes what a container has at a bind mount's target if it is not the source; empty if it is. It is also empty
// if that cannot be determined: the process has another user or PID namespace, or its runtime makes no mounts in the kernel.
func cameOutElsewhere(container string, pid int, b Bind) string {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cgroup, err := os.ReadFile(filepath.Join(proc, "cgroup"))
	if err != nil || !bytes.Contains(cgroup, []byte(container)) {
		return ""
	}
	inside, err := mounts(filepath.Join(proc, "mountinfo"))
	if err != nil {
		return ""
	}
	want, ok := placeOf(b.Source)
	if !ok {
		return ""
	}
	var at *mountinfo.Info
	native, there := false, false
	for _, m := range inside {
		native = native || m.Mountpoint == "/etc/hosts" || m.Mountpoint == "/etc/resolv.conf"
		there = there || same(want, m)
		if m.Mountpoint == b.Target {
			at = m
		}
	}
	switch {
	case at != nil && !same(want, at):
		return fmt.Sprintf("%s came out as %s of another place, because a part of the path was replaced by a link while the container was "+
			"started; put the directory back in its place", b.Target, at.Root)
	case at == nil && native && !there:
		return "nothing of it is mounted in the container, because a part of the path was replaced by a link while the container was " +
			"started; put the directory back in its place"
	}
	return ""
}

// same reports whether two mounts show the same directory. NFS does not report the path in its file system.
func same(want, m *mountinfo.Info) bool {
	if want.Major != m.Major || want.Minor != m.Minor {
		return false
	}
	return strings.HasPrefix(m.FSType, "nfs") || strings.TrimSuffix(m.Root, "//deleted") == want.Root
}

// placeOf returns the position of a path without links in its file system.
func placeOf(path string) (*mountinfo.Info, bool) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	defer func() { _ = unix.Close(fd) }()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		return nil, false
	}
	_, text, _ := strings.Cut(string(info), "mnt_id:")
	text, _, _ = strings.Cut(text, "\n")
	id, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return nil, false
	}
	ours, err := mounts("/proc/self/mountinfo")
	if err != nil {
		return nil, false
	}
	for _, m := range ours {
		if rel, err := filepath.Rel(m.Mountpoint, path); m.ID == id && err == nil && filepath.IsLocal(rel) {
			m.Root = filepath.Join(m.Root, rel)
			return m, true
		}
	}
	return nil, false
}

// mounts reads the mount table of a process: see proc_pid_mountinfo(5).
func mounts(file string) ([]*mountinfo.Info, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return mountinfo.GetMountsFromReader(f, nil)
}
