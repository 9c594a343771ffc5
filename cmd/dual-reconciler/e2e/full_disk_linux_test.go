package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// fill writes a file until the disk is full, and returns what makes room again.
func (b *bench) fill(dir string) (empty func()) {
	b.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	_ = f.Close()
	return func() { _ = os.Remove(path) }
}

// TestFullDisk fills the file system of the state directory: nothing stops, it is a condition and an event, and is over when
// there is room.
func TestFullDisk(t *testing.T) {
	b := newBench(t)
	if err := syscall.Mount("tmpfs", b.State, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no mounts here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(b.State, syscall.MNT_DETACH) })
	b.Write("a.yaml", b.sleeper("a"))
	l := b.Run("--resync", "1s", "--prune-delay", "300ms")
	b.Shows("a", "Running")
	empty := b.fill(b.State)
	before := b.Running("a")
	b.Write("a.yaml", b.sleeper("a", "env: [{name: COLOUR, value: blue}]"))
	b.Replaced("a", before)
	b.Write("b.yaml", b.sleeper("b"))
	b.Shows("b", "Running")
	unsaved := func(short string) bool {
		ws := b.Get(short)
		return ws != nil && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionStateNotSaved)
	}
	b.Eventually("a condition", func() string {
		if !unsaved("b") {
			return "none yet"
		}
		return ""
	})
	b.wantWords("events", b.Do("events").Stdout, "StateNotSaved", "no space left")
	empty()
	b.Eventually("the condition is over", func() string {
		if unsaved("a") || unsaved("b") {
			return "not yet"
		}
		return ""
	})
	b.fill(b.State)
	l.Stop()
	if r := b.Do("down", "--yes"); r.Code != 0 || strings.Count(r.Stdout, " removed\n") != 2 {
		t.Errorf("down on a full disk: %+v", r)
	}
}
