package hostfile

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/sys/mountinfo"
)

func TestMounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	do(t, os.Mkdir(dir, 0o755))
	ours := table("/proc/self/mountinfo")
	here, ok := place(ours, dir)
	if !ok {
		t.Fatalf("%s is in no mount", dir)
	}
	mounted := func(m mountinfo.Info) *mountinfo.Info {
		for _, o := range ours {
			if device(o) == here.device && m.Major == 0 {
				m.Major, m.Minor = o.Major, o.Minor
			}
		}
		return &m
	}
	theirs := []*mountinfo.Info{
		mounted(mountinfo.Info{Root: "/var/lib/docker/containers/c1/hosts", Mountpoint: "/etc/hosts"}),
		mounted(mountinfo.Info{Root: here.root, Mountpoint: "/same"}),
		mounted(mountinfo.Info{Root: here.root + "//deleted", Mountpoint: "/deleted"}),
		mounted(mountinfo.Info{Root: here.root + ".moved", Mountpoint: "/moved"}),
		{Root: "/", Mountpoint: "/disk", Major: 7, Minor: 99},
		mounted(mountinfo.Info{Root: here.root, Mountpoint: "/covered"}),
		mounted(mountinfo.Info{Root: "/tmp", Mountpoint: "/covered"}),
	}
	binds := map[string]string{"/absent": dir}
	for _, m := range theirs[1:] {
		binds[m.Mountpoint] = dir
	}
	want := map[string]Mount{
		"/same": MountSame, "/deleted": MountDeleted, "/moved": MountOther, "/disk": MountOther, "/covered": MountOther,
	}
	if got := compare(theirs, ours, "c1", binds); !maps.Equal(got, want) {
		t.Errorf("mounts %v, want %v", got, want)
	}
	if got := compare(theirs, ours, "c2", binds); got != nil {
		t.Errorf("mounts of another container: %v", got)
	}
	if got := (Host{}).Mounts(1<<30, "c1", binds); len(got) > 0 {
		t.Errorf("mounts of no process: %v", got)
	}
}
