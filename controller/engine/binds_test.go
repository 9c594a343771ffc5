package engine_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// tree is a directory without links on its way, with the files that a test asks for: a name that ends in / is a directory, one
// with -> a link.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("engines of other systems run in a virtual machine, whose paths are not looked at")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, to, isLink := strings.Cut(e, " -> ")
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case isLink:
			err = errors.Join(err, os.Symlink(strings.ReplaceAll(to, "ROOT", root), path))
		case strings.HasSuffix(name, "/"):
			err = errors.Join(err, os.MkdirAll(path, 0o755))
		default:
			err = errors.Join(err, os.WriteFile(path, []byte("x"), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func bindsOf(root string, mounts ...string) engine.ContainerSpec {
	spec := engine.ContainerSpec{Name: "c", Image: "busybox:latest", Labels: map[string]string{v1alpha1.LabelInstance: "i"}}
	for i, m := range mounts {
		source, ro := strings.CutSuffix(m, ":ro")
		spec.Mounts = append(spec.Mounts, engine.Mount{
			Type: engine.MountBind, Source: strings.ReplaceAll(source, "ROOT", root), Target: "/" + string(rune('a'+i)), ReadOnly: ro,
		})
	}
	return spec
}

func TestCheckedBindsCreate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		tree    []string
		mounts  []string
		write   []string
		refused []string
		source  string
	}{
		{name: "directory", tree: []string{"shop/"}, mounts: []string{"ROOT/shop"}, source: "ROOT/shop"},
		{name: "link of a person", tree: []string{"data/shop/", "shop -> data/shop"}, mounts: []string{"ROOT/shop"}, source: "ROOT/data/shop"},
		{name: "links one after the other", tree: []string{"c/x/", "b -> ROOT/c", "a -> b/../b"}, mounts: []string{"ROOT/a/x"}, source: "ROOT/c/x"},
		{name: "link that stays in the source", tree: []string{"shop/real/", "shop/cache -> real"}, mounts: []string{"ROOT/shop", "ROOT/shop/cache"}, source: "ROOT/shop"},
		{
			name: "link out of the source", tree: []string{"shop/", "shop/cache -> /etc"}, mounts: []string{"ROOT/shop", "ROOT/shop/cache"},
			refused: []string{"mount ROOT/shop/cache refused", "ROOT/shop/cache is a link to /etc in ROOT/shop", "leads out of there, to /etc", "name that path itself"},
		},
		{
			name: "link in the middle of a path", tree: []string{"shop/", "shop/a -> /etc"}, mounts: []string{"ROOT/shop", "ROOT/shop/a/ssl"},
			refused: []string{"ROOT/shop/a is a link to /etc in ROOT/shop", "to /etc/ssl"},
		},
		{name: "read-only source", tree: []string{"shop/", "shop/cache -> /etc"}, mounts: []string{"ROOT/shop:ro", "ROOT/shop/cache:ro"}, source: "ROOT/shop"},
		{
			name: "link that another workspace can write", tree: []string{"all/", "all/cache -> /etc"}, mounts: []string{"ROOT/all/cache:ro"},
			write: []string{"ROOT/all"}, refused: []string{"ROOT/all/cache is a link to /etc in ROOT/all"},
		},
		{name: "link to nowhere", tree: []string{"shop -> gone"}, mounts: []string{"ROOT/shop"}, refused: []string{"ROOT/shop is a link to gone, and ROOT/gone does not exist"}},
		{name: "links in a circle", tree: []string{"a -> b", "b -> a"}, mounts: []string{"ROOT/a"}, refused: []string{"too many links"}},
		{name: "what cannot be looked at", tree: []string{"file"}, mounts: []string{"ROOT/file/x"}, refused: []string{"cannot be looked at", "not a directory"}},
		{name: "nothing there", mounts: []string{"ROOT/gone"}, source: "ROOT/gone"},
		{name: "the socket's directory", tree: []string{"run -> /var/run"}, mounts: []string{"ROOT/run"}, refused: []string{"container engine's socket"}},
		{name: "the program's own directory", tree: []string{"state/", "s -> state"}, mounts: []string{"ROOT/s"}, refused: []string{"the controller's own ROOT/state"}},
		{name: "a directory above its own", tree: []string{"state/"}, mounts: []string{"ROOT"}, refused: []string{"contains the controller's own ROOT/state", "--state-dir"}},
		{name: "a device", mounts: []string{"/dev/mem"}, refused: []string{"the host's /dev"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, tt.tree...)
			in := func(s string) string { return strings.ReplaceAll(s, "ROOT", root) }
			m := enginetest.NewMemory(enginetest.Options{Address: "unix:///memory.sock"})
			e := engine.CheckedBinds(m, engine.HostPaths{Own: []string{filepath.Join(root, "state")}, Writable: func() (paths []string) {
				for _, w := range tt.write {
					paths = append(paths, in(w))
				}
				return paths
			}})
			id, err := e.Create(t.Context(), bindsOf(root, tt.mounts...))
			if len(tt.refused) == 0 {
				if c, _ := m.Get(id); err != nil || c.Binds[0].Source != in(tt.source) {
					t.Fatalf("Create = %v, binds %+v, want %s", err, c.Binds, in(tt.source))
				}
				return
			}
			if !errors.Is(err, engine.ErrInvalid) || m.Count("Create") != 0 {
				t.Fatalf("Create = %v after %d calls, want it refused", err, m.Count("Create"))
			}
			for _, text := range tt.refused {
				if !strings.Contains(err.Error(), in(text)) {
					t.Errorf("%q lacks %q", err, in(text))
				}
			}
		})
	}
}

// TestCheckedBindsSocketByAnotherName: a hard link of a socket is that socket.
func TestCheckedBindsSocketByAnotherName(t *testing.T) {
	root := tree(t, "run/", "shop/")
	socket := filepath.Join(root, "run", "e.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := os.Link(socket, filepath.Join(root, "shop", "s")); err != nil {
		t.Fatal(err)
	}
	e := engine.CheckedBinds(enginetest.NewMemory(enginetest.Options{Address: "unix://" + socket}), engine.HostPaths{})
	for source, text := range map[string]string{
		"ROOT/shop/s": "by another name", "ROOT/run": "contains the container engine's socket", "ROOT/run/e.sock": "is the container engine's socket",
	} {
		if _, err := e.Create(t.Context(), bindsOf(root, source)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", source, err, text)
		}
	}
}

// TestCheckedBindsElsewhere: paths of another machine's engine are passed on as they are.
func TestCheckedBindsElsewhere(t *testing.T) {
	root := tree(t, "shop -> /var/run")
	m := enginetest.NewMemory(enginetest.Options{Address: "ssh://me@host"})
	e := engine.CheckedBinds(m, engine.HostPaths{})
	id, err := e.Create(t.Context(), bindsOf(root, "ROOT/shop"))
	if c, _ := m.Get(id); err != nil || c.Binds[0].Source != filepath.Join(root, "shop") {
		t.Fatalf("Create = %v, binds %+v", err, c.Binds)
	}
	if err := e.Start(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// TestCheckedBindsWhileItStarts: a path that becomes a link between the check and the engine's mount ends the container.
func TestCheckedBindsWhileItStarts(t *testing.T) {
	root := tree(t, "shop/cache/")
	cache := filepath.Join(root, "shop", "cache")
	m := enginetest.NewMemory(enginetest.Options{Address: "unix:///memory.sock"})
	e := engine.CheckedBinds(m, engine.HostPaths{})
	id, err := e.Create(t.Context(), bindsOf(root, "ROOT/shop", "ROOT/shop/cache"))
	if err != nil {
		t.Fatal(err)
	}
	m.OnCall(func(c enginetest.Call) error {
		if c.Op != "Start" {
			return nil
		}
		return errors.Join(os.Remove(cache), os.Symlink("/etc", cache))
	})
	err = e.Start(t.Context(), id)
	if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), "stopped again") || !strings.Contains(err.Error(), cache) {
		t.Errorf("Start = %v", err)
	}
	if c, _ := m.Get(id); c.State != engine.StateExited {
		t.Errorf("the container is %s", c.State)
	}
}
