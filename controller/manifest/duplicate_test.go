package manifest

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

func TestDuplicateNeverFlipsTheEffectiveSpec(t *testing.T) {
	f := newFixture(t)
	f.write("b.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.write("a.yaml", "\n"+doc("shop", "node:22"))
	s := f.want("shop=node:20!DuplicateName")
	if len(s.Problems) != 2 || s.Problems[0].File != "a.yaml" || !strings.Contains(s.Problems[0].Message, "b.yaml:1") ||
		s.Problems[1].File != "b.yaml" || !strings.Contains(s.Problems[1].Message, "a.yaml:2") {
		t.Errorf("problems: %+v", s.Problems)
	}
	f.write("b.yaml", doc("shop", "node:20", "imge: x"))
	f.want("shop=node:20!InvalidManifest")
	f.write("b.yaml", doc("shop", "node:21"))
	f.want("shop=node:21!DuplicateName")
	f.must(os.Remove(f.path("b.yaml")))
	f.want("shop=node:22")
}

func TestDuplicateInOneFile(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.write("a.yaml", doc("shop", "node:22")+"---\n"+doc("shop", "node:20"))
	f.want("shop=node:20!DuplicateName")
}

func TestDuplicateAfterRestart(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.write("b.yaml", doc("shop", "node:22"))
	f.want("shop=node:20!DuplicateName")
	from := func(file string) Option { return WithCurrentFile(func(string) string { return file }) }
	f.restart(from("b.yaml"))
	f.want("shop=node:22!DuplicateName")
	f.write("b.yaml", "a: [\n")
	f.restart(from("b.yaml"))
	// The current file is broken: no other file may take its place.
	f.want("shop=!InvalidManifest", HoldUnparsable)
	f.write("b.yaml", doc("shop", "node:22"))
	f.want("shop=node:22!DuplicateName")
}

func TestBackupsAreNoDuplicates(t *testing.T) {
	f := newFixture(t)
	f.write("shop.yaml", doc("shop", "node:20"))
	for _, name := range []string{
		"shop.yaml~", "#shop.yaml#", ".#shop.yaml", "shop.yaml.bak", ".shop.yaml.swp", "shop.yaml.tmp", "4913", "shop.yaml.orig",
		"shop~.yaml", "shop.bak.yaml", "shop_LOCAL_123.yaml", ".hidden/shop.yaml", "sedAbCdEf", "shop.YAML",
	} {
		f.write(name, doc("shop", "node:22"))
	}
	f.want("shop=node:20")
}

func TestRenamedFileIsNoChange(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.write("x.yaml", doc("x", "x"))
	a := f.want("shop=node:20 x=x").Workspaces["shop"]
	f.must(os.Rename(f.path("a.yaml"), f.path("z.yaml")))
	b := f.want("shop=node:20 x=x").Workspaces["shop"]
	if a.File != "a.yaml" || b.File != "z.yaml" {
		t.Errorf("files %s, %s", a.File, b.File)
	}
	// Moved to another file with the same content, for a moment in both.
	f.write("x.yaml", doc("x", "x")+"---\n"+doc("shop", "node:20"))
	f.want("shop=node:20!DuplicateName x=x")
	f.must(os.Remove(f.path("z.yaml")))
	f.want("shop=node:20 x=x")
}

// The state is lost: the record of the container decides which of two documents is effective. Its spec takes precedence
// over its file.
func TestDuplicateIsDecidedByTheContainersRecord(t *testing.T) {
	var r Recorded
	var fault error
	opts := []Option{WithCurrentFile(func(string) string { return "" }), WithRecorded(func(string) (Recorded, error) { return r, fault })}
	r = Recorded{File: "b.yaml", Spec: specdiff.LastApplied{WorkspaceSpec: v1alpha1.WorkspaceSpec{Image: "node:20"}}}
	f := newFixture(t, opts...)
	f.write("a.yaml", doc("shop", "node:22"))
	f.write("b.yaml", doc("shop", "node:20"))
	f.want("shop=node:20!DuplicateName")
	f.must(os.Rename(f.path("b.yaml"), f.path("z.yaml")))
	f.restart(opts...)
	f.want("shop=node:20!DuplicateName")
	f.must(os.Rename(f.path("a.yaml"), f.path("b.yaml")))
	f.restart(opts...)
	f.want("shop=node:20!DuplicateName")
	fault = errors.New("the engine is away")
	f.restart(opts...)
	f.want("shop=!DuplicateName")
	fault = nil
	f.want("shop=node:20!DuplicateName")
}
