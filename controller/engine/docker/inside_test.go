package docker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func unique() string { return fmt.Sprintf("%s-%08x", suite.Name, rand.Uint32()) }

func create(t *testing.T, e engine.Engine, spec engine.ContainerSpec) string {
	t.Helper()
	if spec.Name == "" {
		spec.Name = unique()
	}
	if spec.Image == "" {
		spec.Image = busybox
	}
	if spec.Command == nil && spec.Args == nil {
		spec.Command = []string{"sleep", "1000"}
	}
	id, err := e.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	cli := raw(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		_ = cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
	return id
}

func run(t *testing.T, e engine.Engine, spec engine.ContainerSpec) string {
	t.Helper()
	id := create(t, e, spec)
	if err := e.Start(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestInside looks at what each field of a spec does from inside the container.
func TestInside(t *testing.T) {
	const sysAdmin, netRaw, chown = 21, 13, 0
	sources := t.TempDir()
	if err := os.WriteFile(filepath.Join(sources, "file"), []byte("from the host"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		spec   engine.ContainerSpec
		script string
		want   string
	}{
		{"hostname", engine.ContainerSpec{Hostname: "my-host"}, "hostname", "my-host"},
		{"hostname without network", engine.ContainerSpec{Hostname: "my-host", Network: "none"}, "hostname", "my-host"},
		{"env", engine.ContainerSpec{Env: []string{"A=b c", "E="}}, `echo "[$A][$E]"`, "[b c][]"},
		{"working directory", engine.ContainerSpec{WorkingDir: "/made/here"}, "pwd", "/made/here"},
		{"user", engine.ContainerSpec{User: "1234:5678"}, "id -u; id -g", "1234\n5678"},
		{"no user", engine.ContainerSpec{}, "id -u", "0"},
		{"init", engine.ContainerSpec{Init: true}, "readlink /proc/1/exe", "/sbin/docker-init"},
		{"no init", engine.ContainerSpec{}, "tr '\\0' ' ' </proc/1/cmdline", "sleep 1000 "},
		{
			"command and arguments",
			engine.ContainerSpec{Command: []string{"sleep"}, Args: []string{"2000"}},
			"tr '\\0' ' ' </proc/1/cmdline", "sleep 2000 ",
		},
		{"arguments only", engine.ContainerSpec{Args: []string{"sleep", "3000"}}, "tr '\\0' ' ' </proc/1/cmdline", "sleep 3000 "},
		{"writable root", engine.ContainerSpec{}, "touch /file && echo yes", "yes"},
		{"read-only root", engine.ContainerSpec{ReadOnlyRootFS: true}, "touch /file 2>/dev/null || echo no", "no"},
		{"new privileges", engine.ContainerSpec{}, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t0"},
		{"no new privileges", engine.ContainerSpec{NoNewPrivileges: true}, "grep NoNewPrivs /proc/1/status", "NoNewPrivs:\t1"},
		{"default capabilities", engine.ContainerSpec{}, hasCap(sysAdmin) + hasCap(netRaw) + hasCap(chown), "no\nyes\nyes"},
		{
			"capabilities",
			engine.ContainerSpec{CapAdd: []string{"SYS_ADMIN"}, CapDrop: []string{"NET_RAW"}},
			hasCap(sysAdmin) + hasCap(netRaw) + hasCap(chown), "yes\nno\nyes",
		},
		{
			"no capabilities but one",
			engine.ContainerSpec{CapAdd: []string{"CHOWN"}, CapDrop: []string{"ALL"}},
			hasCap(sysAdmin) + hasCap(netRaw) + hasCap(chown), "no\nno\nyes",
		},
		{"network none", engine.ContainerSpec{Network: "none"}, "ls /sys/class/net", "lo"},
		{"network bridge", engine.ContainerSpec{Network: "bridge"}, "ls /sys/class/net", "eth0\nlo"},
		{
			"bind",
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountBind, Source: sources, Target: "/src"}}},
			"cat /src/file; touch /src/made && echo ' writable'", "from the host writable",
		},
		{
			"read-only bind",
			engine.ContainerSpec{Mounts: []engine.Mount{
				{Type: engine.MountBind, Source: sources + "/file", Target: "/etc/one-file", ReadOnly: true},
			}},
			"cat /etc/one-file; echo x 2>/dev/null >/etc/one-file || echo ' read-only'", "from the host read-only",
		},
		{
			"tmpfs", // Executable, as in a Pod; /proc/mounts has no word for exec.
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountTmpfs, Target: "/scratch", Size: 1 << 20}}},
			"printf '#!/bin/sh\\necho runs\\n' >/scratch/x; chmod +x /scratch/x; /scratch/x; stat -c %a /scratch;" +
				" grep ' /scratch ' /proc/mounts | grep -o size=1024k",
			"runs\n1777\nsize=1024k",
		},
		{
			"tmpfs without programs",
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountTmpfs, Target: "/scratch", NoExec: true}}},
			"grep ' /scratch ' /proc/mounts | grep -o noexec", "noexec",
		},
		{
			"read-only tmpfs",
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountTmpfs, Target: "/scratch", ReadOnly: true}}},
			"touch /scratch/x 2>/dev/null || echo no", "no",
		},
		{
			"volume",
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountVolume, Target: "/vol"}}},
			"touch /vol/file && grep -c ' /vol ' /proc/mounts", "1",
		},
		{
			"read-only volume",
			engine.ContainerSpec{Mounts: []engine.Mount{{Type: engine.MountVolume, Source: unique(), Target: "/vol", ReadOnly: true}}},
			"touch /vol/file 2>/dev/null || echo no", "no",
		},
		{
			"tmpfs",
			engine.ContainerSpec{ReadOnlyRootFS: true, Mounts: []engine.Mount{{Type: engine.MountTmpfs, Target: "/scratch"}}},
			"touch /scratch/file && awk '$2==\"/scratch\"{print $3}' /proc/mounts", "tmpfs",
		},
		{"not the engine's socket", engine.ContainerSpec{}, "test -e /var/run/docker.sock || echo none", "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			t.Cleanup(func() { dropVolumes(e, tt.spec.Mounts) })
			id := run(t, e, tt.spec)
			if got := inside(t, e, id, "sh", "-c", tt.script); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.script, got, tt.want)
			}
		})
	}
}

// dropVolumes runs after the removal of the containers that used them.
func dropVolumes(e engine.Engine, mounts []engine.Mount) {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	for _, m := range mounts {
		if m.Type == engine.MountVolume && m.Source != "" {
			_ = e.RemoveVolume(ctx, m.Source)
		}
	}
}

// hasCap is a script: does PID 1 have a capability, by its number?
func hasCap(n int) string {
	return "set -- $(grep CapEff /proc/1/status); [ $((0x$2 >> " + strconv.Itoa(n) + " & 1)) = 1 ] && echo yes || echo no; "
}

// TestCreatedFor looks at what the inside cannot show.
func TestCreatedFor(t *testing.T) {
	e, cli := newEngine(t), raw(t)
	id := create(t, e, engine.ContainerSpec{StopTimeout: 1500 * time.Millisecond})
	got, err := cli.ContainerInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Config.StopTimeout; s == nil || *s != 2 {
		t.Errorf("stop timeout %v, want 1.5s rounded up", s)
	}
	if p := got.HostConfig.RestartPolicy; !p.IsNone() {
		t.Errorf("restart policy %v: there is one restarter, and it is not the engine", p)
	}
	if got.HostConfig.PublishAllPorts || len(got.HostConfig.PortBindings) > 0 || got.HostConfig.Privileged {
		t.Errorf("published ports or privileges: %+v", got.HostConfig)
	}
}

func TestCreateRefuses(t *testing.T) {
	e := newEngine(t)
	absent := filepath.Join(t.TempDir(), "absent")
	for _, tt := range []struct {
		name  string
		spec  engine.ContainerSpec
		class error
		words string
	}{
		{"no name", engine.ContainerSpec{}, engine.ErrInvalid, "no name"},
		{"host network", engine.ContainerSpec{Name: unique(), Network: "host"}, engine.ErrInvalid, "namespace of its own"},
		{"other container's network", engine.ContainerSpec{Name: unique(), Network: "container:x"}, engine.ErrInvalid, "namespace of its own"},
		{"malformed name", engine.ContainerSpec{Name: "a b"}, engine.ErrInvalid, "a b"},
		{"too little memory", engine.ContainerSpec{Name: unique(), Limits: engine.Limits{Memory: 1}}, engine.ErrInvalid, "6MB"},
		{
			"bind without source",
			engine.ContainerSpec{
				Name: unique(), Mounts: []engine.Mount{{Type: engine.MountBind, Source: absent, Target: "/x"}},
			},
			engine.ErrNotFound, "bind mount source " + absent + " does not exist",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Image = busybox
			id, err := e.Create(t.Context(), tt.spec)
			if err == nil {
				_ = e.Remove(t.Context(), id)
			}
			if !errors.Is(err, tt.class) || !strings.Contains(err.Error(), tt.words) || strings.Contains(err.Error(), "daemon") {
				t.Errorf("Create = %v, want one that is %q and says %q", err, tt.class, tt.words)
			}
		})
	}
}
