package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fsnotify/fsnotify"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

func TestWatchReplacedDirectory(t *testing.T) {
	f := newLiveFixture(t)
	f.write("sub/a.yaml", doc("shop", "node:20"))
	fl := f.follow()
	fl.await("shop=node:20")
	for range 2 {
		f.must(os.Rename(f.dir, f.dir+".away"))
		fl.awaitHold(HoldMissing)
		f.must(os.Mkdir(f.dir, 0o755))
		fl.awaitHold(HoldEmpty)
		f.write("sub/a.yaml", doc("shop", "node:22"))
		fl.await("shop=node:22")
		f.write("sub/a.yaml", doc("shop", "node:24"))
		fl.await("shop=node:24")
		f.must(os.RemoveAll(f.dir))
		fl.awaitHold(HoldMissing)
		f.must(os.Rename(f.dir+".away", f.dir))
		fl.await("shop=node:20")
	}
	f.write("sub/a.yaml", doc("shop", "node:22"))
	fl.await("shop=node:22")
}

func TestWatchDirectorySwappedInOneGo(t *testing.T) {
	f := newLiveFixture(t)
	f.write("sub/a.yaml", doc("shop", "node:20"))
	fl := f.follow()
	fl.await("shop=node:20")
	next := f.dir + ".next"
	f.must(os.MkdirAll(filepath.Join(next, "sub"), 0o755))
	f.must(os.WriteFile(filepath.Join(next, "sub", "a.yaml"), []byte(doc("shop", "node:22")), 0o644))
	f.must(os.Rename(f.dir, f.dir+".away"))
	f.must(os.Rename(next, f.dir))
	fl.await("shop=node:22")
	// The watch on sub must be on the new one, though the old one still exists.
	f.write("sub/a.yaml", doc("shop", "node:24"))
	fl.await("shop=node:24")
}

func TestWatchDirectoryWhoseParentsAreMissing(t *testing.T) {
	f := newLiveFixture(t)
	f.dir = filepath.Join(f.dir, "x", "y", "z")
	f.live()
	fl := f.follow()
	fl.awaitHold(HoldMissing)
	f.must(os.MkdirAll(filepath.Dir(f.dir), 0o755))
	f.write("a.yaml", doc("shop", "node:20"))
	fl.await("shop=node:20")
	f.write("deep/er/b.yaml", doc("blog", "ruby:3"))
	fl.await("blog=ruby:3 shop=node:20")
}

func TestWatchRetargetedSymlinks(t *testing.T) {
	f := newLiveFixture(t)
	other := t.TempDir()
	f.must(os.WriteFile(filepath.Join(other, "a.yaml"), []byte(doc("shop", "node:22")), 0o644))
	f.write("a.yaml", doc("shop", "node:20"))
	link := filepath.Join(t.TempDir(), "link")
	f.must(os.Symlink(f.dir, link))
	first := f.dir
	f.dir = link
	f.live()
	fl := f.follow()
	fl.await("shop=node:20")
	f.must(os.Symlink(other, link+".new"))
	f.must(os.Rename(link+".new", link))
	fl.await("shop=node:22")
	f.write("a.yaml", doc("shop", "node:24"))
	fl.await("shop=node:24")
	f.must(os.Symlink(filepath.Join(first, "a.yaml"), f.path("b.yaml")))
	f.must(os.Remove(f.path("a.yaml")))
	fl.await("shop=node:20")
	f.must(os.WriteFile(filepath.Join(first, "a.yaml"), []byte(doc("shop", "node:26")), 0o644))
	fl.await("shop=node:26")
}

func TestWatchDataSwap(t *testing.T) {
	f := newLiveFixture(t)
	f.write("..v1/shop.yaml", doc("shop", "node:20"))
	f.must(os.Symlink("..v1", f.path("..data")))
	f.must(os.Symlink("..data/shop.yaml", f.path("shop.yaml")))
	fl := f.follow()
	fl.await("shop=node:20")
	for _, v := range []string{"2", "3"} {
		f.write("..v"+v+"/shop.yaml", doc("shop", "node:2"+v))
		f.must(os.Symlink("..v"+v, f.path("..tmp")))
		f.must(os.Rename(f.path("..tmp"), f.path("..data")))
		fl.await("shop=node:2" + v)
	}
}

func TestWatchEnvFilesAndMissingPaths(t *testing.T) {
	f := newLiveFixture(t)
	f.write("a.yaml", doc("shop", "node:20", "envFrom: [{file: ../conf/x/.env}]", "source: {path: ../src/shop}"))
	fl := f.follow()
	fl.until("two missing paths", func(s *Snapshot) bool { return len(s.Workspaces["shop"].Missing) == 2 })
	root := filepath.Dir(f.dir)
	f.must(os.MkdirAll(filepath.Join(root, "src/shop"), 0o755))
	fl.until("one missing path", func(s *Snapshot) bool { return len(s.Workspaces["shop"].Missing) == 1 })
	f.must(os.MkdirAll(filepath.Join(root, "conf/x"), 0o755))
	for _, value := range []string{"A=1", "A=2"} {
		f.must(os.WriteFile(filepath.Join(root, "conf/x/.env"), []byte(value+"\n"), 0o644))
		fl.until(value, func(s *Snapshot) bool {
			ws := s.Workspaces["shop"]
			return len(ws.Missing) == 0 && strings.Join(ws.Env, " ") == value
		})
	}
}

func TestHoldEndsWithTheGitOperation(t *testing.T) {
	f, root := newBranchedFixture(t)
	f.live()
	fl := f.follow()
	fl.await("shop=node:18")
	git(t, root, "rebase", "main", "feature")
	fl.awaitHold(HoldGitOperation)
	git(t, root, "rebase", "--abort")
	fl.await("blog=ruby:3 shop=node:22")
	git(t, root, "checkout", "-q", "main")
	fl.await("shop=node:18")
}

// What is mounted counts as another file only: a log that is written to all the time is no reason to read the
// manifests.
func TestWatchSources(t *testing.T) {
	f := newLiveFixture(t)
	conf := filepath.Join(filepath.Dir(f.dir), "conf", "app.conf")
	f.must(os.MkdirAll(filepath.Dir(conf), 0o755))
	f.must(os.WriteFile(conf, nil, 0o644))
	f.write("a.yaml", doc("shop", "node:20")+"  mounts: [{type: bind, source: "+conf+", target: /app.conf}]\n")
	l := NewLoader(f.dir)
	before := l.Load().Workspaces["shop"].Hosts[conf]
	w := &watcher{set: l.watches()}
	for op, want := range map[fsnotify.Op]bool{
		fsnotify.Write: false, fsnotify.Chmod: false, fsnotify.Create: true, fsnotify.Remove: true, fsnotify.Rename: true,
	} {
		if got := w.relevant(fsnotify.Event{Name: conf, Op: op}, true); got != want {
			t.Errorf("%s is news: %t", op, got)
		}
	}
	if !w.set.dirs[hostpath.Resolve(filepath.Dir(conf))] {
		t.Errorf("%s is not watched", filepath.Dir(conf))
	}
	f.must(os.WriteFile(conf, []byte("in place"), 0o644))
	if now := l.Load().Workspaces["shop"].Hosts[conf]; now != before || now == "" {
		t.Errorf("written in place it is %q, was %q", now, before)
	}
	f.must(os.WriteFile(conf+".new", nil, 0o644))
	f.must(os.Rename(conf+".new", conf))
	if now := l.Load().Workspaces["shop"].Hosts[conf]; now == before || now == "" {
		t.Errorf("renamed into its place it is %q, was %q", now, before)
	}
}
