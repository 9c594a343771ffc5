package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDirectoryMissingHoldsRemovals(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.must(os.Rename(f.dir, f.dir+".away"))
	f.want("shop=node:20", HoldMissing)
	f.must(os.Rename(f.dir+".away", f.dir))
	f.want("shop=node:20")
}

func TestDirectoryReplacedByEmptyHoldsRemovals(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	identity := f.want("shop=node:20").Identity
	f.must(os.Rename(f.dir, f.dir+".away"))
	f.must(os.Mkdir(f.dir, 0o755))
	f.want("shop=node:20", HoldEmpty)
	f.restart(WithKnownIdentity(identity))
	if s := f.want("", HoldEmpty); s.Identity != identity {
		t.Errorf("identity %s, want %s", s.Identity, identity)
	}
	f.write("b.yaml", doc("blog", "ruby:3"))
	f.want("blog=ruby:3")
}

func TestLastManifestRemovedWhileDownIsARemoval(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	identity := f.want("shop=node:20").Identity
	f.must(os.Remove(f.path("a.yaml")))
	f.restart(WithKnownIdentity(identity))
	f.want("")
}

func TestFirstStartOnEmptyDirectoryHoldsRemovals(t *testing.T) {
	f := newFixture(t)
	f.want("", HoldEmpty)
	f.must(os.Remove(f.dir))
	f.want("", HoldMissing)
	f.must(os.WriteFile(f.dir, nil, 0o644))
	f.want("", HoldUnreadable)
}

func TestUnreadableSubdirectoryKeepsWhatItDefined(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	mount := filepath.Join(t.TempDir(), "mount")
	f.must(os.Mkdir(mount, 0o755))
	f.must(os.WriteFile(filepath.Join(mount, "b.yaml"), []byte(doc("blog", "ruby:3")), 0o644))
	f.must(os.Symlink(mount, f.path("team")))
	f.want("blog=ruby:3 shop=node:20")
	f.must(os.Rename(mount, mount+".away"))
	f.want("blog=ruby:3!InvalidManifest shop=node:20", HoldUnreadable)
	f.must(os.Rename(mount+".away", mount))
	f.want("blog=ruby:3 shop=node:20")
	if os.Getuid() == 0 {
		return // root reads everything.
	}
	f.must(os.Chmod(mount, 0))
	f.want("blog=ruby:3!InvalidManifest shop=node:20", HoldUnreadable)
	f.must(os.Chmod(mount, 0o755))
}

func TestTree(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("a", "img"))
	f.write("sub/b.yml", doc("b", "img"))
	f.write("sub/deep/c.json", `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"c"},"spec":{"image":"1"}}`)
	f.write("README.md", "no manifest")
	f.must(os.Symlink("sub", f.path("again")))
	f.must(os.Symlink("..", f.path("up")))
	f.must(os.Symlink(".", f.path("sub/loop")))
	f.must(os.Symlink("self", f.path("self")))
	f.must(os.Symlink("a.yaml", f.path("0-alias.yaml")))
	s := f.want("a=img b=img c=1")
	if got := s.Workspaces["c"].File; got != "sub/deep/c.json" {
		t.Errorf("c is in %s", got)
	}
	if !filepath.IsAbs(s.Dir) || s.Dir != f.dir {
		t.Errorf("dir %s", s.Dir)
	}
}

func TestDataSymlinkFarm(t *testing.T) {
	f := newFixture(t)
	f.write("..v1/shop.yaml", doc("shop", "node:20", "source: {path: ../shop}"))
	f.write("..v2/shop.yaml", doc("shop", "node:22", "source: {path: ../shop}"))
	f.must(os.Symlink("..v1", f.path("..data")))
	f.must(os.Symlink("..data/shop.yaml", f.path("shop.yaml")))
	s := f.want("shop=node:20")
	if got, want := s.Workspaces["shop"].Spec.Source.Path, filepath.Join(filepath.Dir(f.dir), "shop"); got != want {
		t.Errorf("source %s, want %s", got, want)
	}
	f.must(os.Symlink("..v2", f.path("..new")))
	f.must(os.Rename(f.path("..new"), f.path("..data")))
	f.want("shop=node:22")
}

func TestFIFODoesNotHang(t *testing.T) {
	f := newFixture(t)
	f.must(mkfifo(f.path("pipe.yaml")))
	s := f.want("", HoldUnreadable)
	if !strings.Contains(s.Problems[0].Message, "regular") {
		t.Errorf("problem: %+v", s.Problems)
	}
}

// A directory that the user trusts is accepted although it is empty, also after a restart.
func TestTrustedEmptyDirectory(t *testing.T) {
	f := newFixture(t, WithKnownIdentity("1:2"))
	f.want("", HoldEmpty)
	f.restart(WithKnownIdentity("1:2"), WithTrustedDirectory(true))
	s := f.want("")
	f.restart(WithKnownIdentity(s.Identity))
	f.want("")
}
