package hostfile

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// deleted is what the kernel appends to the path of a file that has no name any more.
const deleted = "//deleted"

// Mounts compares the mounts of a container's process with paths of the host, by target. It reads only the kernel's tables, which
// every user can read, and nothing in the container. They name a mount's root by its path in its file system.
//
// A process id is valid in its own namespace only, and may belong to another process by now. So a table is used only if it contains
// the container's id: engines mount files such as /etc/hosts from directories of that name.
func (Host) Mounts(pid int, container string, binds map[string]string) map[string]Mount {
	return compare(table(fmt.Sprintf("/proc/%d/mountinfo", pid)), table("/proc/self/mountinfo"), container, binds)
}

func compare(theirs, ours []*mountinfo.Info, container string, binds map[string]string) map[string]Mount {
	known := false
	for _, m := range theirs {
		known = known || container != "" && strings.Contains(m.Root, container)
	}
	if !known {
		return nil
	}
	out := map[string]Mount{}
	for target, source := range binds {
		mounted, ok := last(theirs, target)
		if !ok {
			continue
		}
		here, ok := place(ours, source)
		switch {
		case network(mounted.kind):
		case strings.HasSuffix(mounted.root, deleted):
			out[target] = MountDeleted
		case !ok:
		case mounted.device == here.device && mounted.root == here.root:
			out[target] = MountSame
		default:
			out[target] = MountOther
		}
	}
	return out
}

func table(file string) []*mountinfo.Info {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	mounts, err := mountinfo.GetMountsFromReader(f, nil)
	if err != nil {
		return nil
	}
	return mounts
}

// at is a position in a file system.
type at struct {
	device, root string
	// kind of file system.
	kind string
}

// network reports whether a kind is a network file system: those do not report the paths of renamed or removed files.
func network(kind string) bool {
	return strings.HasPrefix(kind, "nfs") || strings.HasPrefix(kind, "fuse") || kind == "cifs" || kind == "9p"
}

func device(m *mountinfo.Info) string { return fmt.Sprintf("%d:%d", m.Major, m.Minor) }

// last returns the visible mount at a target: later mounts cover earlier ones.
func last(mounts []*mountinfo.Info, target string) (at, bool) {
	for i := len(mounts) - 1; i >= 0; i-- {
		if m := mounts[i]; m.Mountpoint == target {
			return at{device: device(m), root: m.Root, kind: m.FSType}, true
		}
	}
	return at{}, false
}

// place returns the position of a path of the host.
func place(mounts []*mountinfo.Info, source string) (at, bool) {
	resolved, err := filepath.EvalSymlinks(source)
	if err != nil {
		return at{}, false
	}
	id, exact := mountID(resolved)
	var found *mountinfo.Info
	for _, m := range mounts {
		switch {
		case !Below(resolved, m.Mountpoint):
		case exact && uint64(m.ID) == id, !exact && (found == nil || len(m.Mountpoint) >= len(found.Mountpoint)):
			found = m
		}
	}
	if found == nil || strings.HasSuffix(found.Root, deleted) {
		return at{}, false
	}
	return at{device: device(found), root: path.Join(found.Root, strings.TrimPrefix(resolved, found.Mountpoint))}, true
}

// mountID returns the id of the mount of a path; kernels before 5.8 do not report it.
func mountID(p string) (uint64, bool) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, p, 0, unix.STATX_MNT_ID, &st); err != nil {
		return 0, false
	}
	return st.Mnt_id, st.Mask&unix.STATX_MNT_ID != 0
}
