package enginetest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// testBinds checks what is behind engine.CheckedBinds: a container never starts with a source that a link leads away.
func testBinds(s *suite) {
	if info, err := s.Engine.Info(s.ctx); err != nil || !strings.HasPrefix(info.Address, "unix://") || runtime.GOOS != "linux" {
		s.Skipf("the host of engine %s cannot be looked at (%v)", info.Address, err)
	}
	root := realDir(s.T)
	shop, cache, link := filepath.Join(root, "shop"), filepath.Join(root, "shop", "cache"), filepath.Join(root, "link")
	s.must(os.MkdirAll(cache, 0o755))
	s.must(os.Symlink(shop, link))
	e := engine.CheckedBinds(s.Engine, engine.HostPaths{})

	spec := s.spec("binds", forever)
	spec.Mounts = []engine.Mount{
		{Type: engine.MountBind, Source: link, Target: "/workspace"},
		{Type: engine.MountBind, Source: filepath.Join(link, "cache"), Target: "/cache", ReadOnly: true},
	}
	id, err := e.Create(s.ctx, spec)
	s.must(err)
	s.destroyLater(id)
	want := []engine.Bind{{Source: shop, Target: "/workspace"}, {Source: cache, Target: "/cache", ReadOnly: true}}
	list, err := s.Engine.List(s.ctx, s.instance)
	s.must(err)
	for source, c := range map[string]engine.Container{"List": list[0], "Inspect": s.inspect(id)} {
		got := map[string]engine.Bind{}
		for _, b := range c.Binds {
			got[b.Target] = b
		}
		if diff := cmp.Diff(map[string]engine.Bind{"/workspace": want[0], "/cache": want[1]}, got); diff != "" {
			s.Errorf("%s: binds (-want +got):\n%s", source, diff)
		}
	}
	s.must(e.Start(s.ctx, id))
	s.must(e.Start(s.ctx, id))
	s.must(e.Stop(s.ctx, id, 0))

	s.must(os.Remove(cache))
	s.must(os.Symlink("/etc", cache))
	s.is(e.Start(s.ctx, id), engine.ErrInvalid, "start container "+id[:12], cache+" is a link to /etc now")
	s.state(id, engine.StateExited)
	s.must(os.Remove(cache))
	s.must(os.Mkdir(cache, 0o755))
	s.must(e.Start(s.ctx, id))
	s.state(id, engine.StateRunning)
}

// realDir is a temporary directory without links on its way.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
