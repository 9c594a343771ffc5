package docker_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// swapping puts a link in the place of a directory while the engine starts a container, and the directory back before anybody can
// look at the path.
type swapping struct {
	engine.Engine
	dir, to string
}

func (s swapping) Start(ctx context.Context, id string) error {
	away := s.dir + ".away"
	err := errors.Join(os.Rename(s.dir, away), os.Symlink(s.to, s.dir))
	return errors.Join(err, s.Engine.Start(ctx, id), os.Remove(s.dir), os.Rename(away, s.dir))
}

// TestStartedElsewhere: what the engine mounted is read from the kernel, because the path may look as before again.
func TestStartedElsewhere(t *testing.T) {
	t.Parallel()
	e, cli := newEngine(t), raw(t)
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 || os.Getenv("DOCKER_HOST") != "" {
		t.Skip("the processes of the engine's containers cannot be looked at")
	}
	shop, cache := filepath.Join(root, "shop"), filepath.Join(root, "shop", "cache dir")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"own": "/cache", "inside": "/workspace/link"} {
		if err := os.RemoveAll(filepath.Join(shop, "link")); err != nil {
			t.Fatal(err)
		}
		if name == "inside" { // The target is a link of the workspace's, too: the mount is at another place.
			if err := errors.Join(os.MkdirAll(filepath.Join(shop, "there"), 0o755), os.Symlink("there", filepath.Join(shop, "link"))); err != nil {
				t.Fatal(err)
			}
		}
		honest := engine.CheckedBinds(e, engine.HostPaths{})
		spec := engine.ContainerSpec{
			Name: "dual-elsewhere-" + name + "-" + filepath.Base(filepath.Dir(root)), Image: busybox, Command: []string{"sleep", "1000"},
			Labels: map[string]string{v1alpha1.LabelInstance: "elsewhere"}, Network: "none",
			Mounts: []engine.Mount{
				{Type: engine.MountBind, Source: shop, Target: "/workspace"}, {Type: engine.MountBind, Source: cache, Target: target},
			},
		}
		id, err := honest.Create(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx := context.Background()
			_ = e.Stop(ctx, id, 0)
			_ = e.Remove(ctx, id)
		})
		if err := honest.Start(t.Context(), id); err != nil {
			t.Fatalf("%s: a start that nothing is wrong with: %v", name, err)
		}
		if err := honest.Stop(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
		err = engine.CheckedBinds(swapping{e, cache, "/etc"}, engine.HostPaths{}).Start(t.Context(), id)
		if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), cache) || !strings.Contains(err.Error(), "stopped again") {
			t.Errorf("%s: Start = %v", name, err)
		}
		if c, err := cli.ContainerInspect(t.Context(), id); err != nil || c.State.Running {
			t.Errorf("%s: it runs on: %v", name, err)
		}
	}
}
