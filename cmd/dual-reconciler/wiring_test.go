package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// What was taken over for these manifests counts as created for them, however their directory is spelt.
func TestCreatedComparesDirectoriesAsFiles(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"m", "other"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("m", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	store, err := status.Open(filepath.Join(root, "state"))
	if err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"same": "m", "link": "link", "other": "other"} {
		err := store.Update(name, func(r *status.Record) {
			r.Memory.ContainerID, r.Memory.Adopted = "c", &plan.Adoption{Directory: filepath.Join(root, dir)}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	g := &globals{manifests: filepath.Join(root, "m")}
	if got := g.created(store); !slices.Equal(got, []string{"link", "same"}) {
		t.Errorf("created: %v", got)
	}
}
