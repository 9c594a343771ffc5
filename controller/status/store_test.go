package status_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func open(t *testing.T, dir string) *status.Store {
	t.Helper()
	s, err := status.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// full has every field that a plan depends on.
func full() status.Record {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	return status.Record{
		Memory: plan.Memory{
			ContainerID: "c1", Applied: "{}", LimitsOf: "c1", Paused: true, Adopted: &plan.Adoption{Directory: "/d", Machine: "m", Containers: []string{"c1"}}, PendingSetup: "c1", Reclaim: []string{"v"}, Restarts: 7,
			Crash:     plan.Backoff{For: "k", Failures: 3, Next: at},
			Exit:      plan.Exit{ContainerID: "c1", FinishedAt: at, SeenAt: at, Ran: time.Minute},
			Unhealthy: &plan.Unhealthy{ContainerID: "c1", Message: "m", SeenAt: at}, RestartRequest: "r",
			Failures: map[plan.Kind]plan.Backoff{plan.KindSetup: {For: "k", Failures: 1, Next: at, Reason: "R", Message: "m"}},
		},
		Status: v1alpha1.WorkspaceStatus{RestartCount: 7, ContainerID: "c1"},
	}
}

func TestStoreKeepsEverythingOverAReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	s := open(t, dir)
	must(t, s.Update("web", func(r *status.Record) { *r = full() }))
	must(t, s.Update("db", func(r *status.Record) { r.Memory.Restarts = 1 }))
	must(t, s.UpdateInstance(func(i *status.Instance) { i.DirectoryIdentity, i.LastEvent = "id", "t" }))
	must(t, s.Update("gone", func(r *status.Record) { r.Memory.Restarts = 1 }))
	must(t, s.Delete("gone"))
	must(t, s.Delete("never was"))
	again := open(t, dir)
	if names := again.Names(); !slices.Equal(names, []string{"db", "web"}) {
		t.Errorf("names %v", names)
	}
	if diff := cmp.Diff(full(), again.Get("web")); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if i := again.Instance(); i.DirectoryIdentity != "id" || i.LastEvent != "t" {
		t.Errorf("instance %+v", i)
	}
	if r := again.Get("unknown"); !cmp.Equal(r, status.Record{}) {
		t.Errorf("unknown record %+v", r)
	}
}

// files are all files below dir with their content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			data, readErr := os.ReadFile(path)
			out[path], err = string(data), readErr
		}
		return err
	}))
	return out
}

// A write that fails leaves what was kept before, says so, and is true in memory all the same.
func TestStoreIsAtomic(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	must(t, s.Update("web", func(r *status.Record) { r.Memory.Restarts = 1 }))
	before := files(t, dir)
	blocked := filepath.Join(dir, "workspaces", "web.json.tmp")
	must(t, os.Mkdir(blocked, 0o700))
	err := s.Update("web", func(r *status.Record) { r.Memory.Restarts = 2 })
	if err == nil || !strings.Contains(err.Error(), "keep state") {
		t.Errorf("Update = %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
	if n := s.Get("web").Memory.Restarts; n != 2 {
		t.Errorf("%d restarts in memory", n)
	}
	must(t, os.Remove(blocked))
	must(t, s.Update("web", func(*status.Record) {})) // What could not be written is still to be written.
	if n := open(t, dir).Get("web").Memory.Restarts; n != 2 {
		t.Errorf("%d restarts on disk", n)
	}
	// What a crash leaves of a write is no record.
	must(t, os.WriteFile(blocked, []byte(`{"memory":`), 0o600))
	if names := open(t, dir).Names(); !slices.Equal(names, []string{"web"}) {
		t.Errorf("names %v", names)
	}
}

func TestStoreIgnoresGarbageAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	must(t, s.Update("web", func(r *status.Record) { r.Memory.Restarts = 1 }))
	garbage := filepath.Join(dir, "workspaces", "db.json")
	must(t, os.WriteFile(garbage, []byte("\x00\x00\x00"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "instance.json"), []byte("{"), 0o600))
	again, err := status.Open(dir)
	if err == nil || !strings.Contains(err.Error(), garbage) || !strings.Contains(err.Error(), "instance.json") {
		t.Errorf("Open = %v", err)
	}
	if names := again.Names(); !slices.Equal(names, []string{"web"}) {
		t.Errorf("names %v", names)
	}
	must(t, again.Update("db", func(r *status.Record) { r.Memory.Restarts = 5 }))
	must(t, again.UpdateInstance(func(i *status.Instance) { i.LastEvent = "t" }))
	if n := open(t, dir).Get("db").Memory.Restarts; n != 5 {
		t.Errorf("%d restarts after it was written anew", n)
	}
}

func TestStoreReadOnlyNeverWrites(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir).Update("web", func(r *status.Record) { r.Memory.Restarts = 1 }))
	before := files(t, dir)
	s, err := status.OpenReadOnly(dir)
	must(t, err)
	must(t, s.Update("web", func(r *status.Record) { r.Memory.Restarts = 2 }))
	must(t, s.Update("db", func(r *status.Record) { r.Memory.Restarts = 2 }))
	must(t, s.UpdateInstance(func(i *status.Instance) { i.LastEvent = "t" }))
	must(t, s.Delete("web"))
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
	if names := s.Names(); !slices.Equal(names, []string{"db"}) {
		t.Errorf("names in memory %v", names)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	s, err = status.OpenReadOnly(missing)
	must(t, err)
	must(t, s.Update("web", func(r *status.Record) { r.Memory.Restarts = 2 }))
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("the directory was made: %v", err)
	}
}

func TestStoreDoesNotRewriteWhatIsUnchanged(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir).Update("web", func(r *status.Record) { *r = full() }))
	file := filepath.Join(dir, "workspaces", "web.json")
	before, err := os.Stat(file)
	must(t, err)
	s := open(t, dir)
	must(t, s.Update("web", func(r *status.Record) { *r = full() }))
	must(t, s.Update("web", func(*status.Record) {}))
	after, err := os.Stat(file)
	must(t, err)
	if !os.SameFile(before, after) {
		t.Error("the file was replaced")
	}
	must(t, s.Update("web", func(r *status.Record) { r.Memory.Restarts++ }))
	if after, err = os.Stat(file); err != nil || os.SameFile(before, after) {
		t.Errorf("the file was not replaced: %v", err)
	}
	if mode := after.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o", mode)
	}
}

func TestStoreFromManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				_ = s.Update("shared", func(r *status.Record) { r.Memory.Restarts++ })
				_ = s.Update(fmt.Sprintf("w%d", i), func(r *status.Record) { r.Memory.Restarts++ })
				_, _ = s.Names(), s.Get("shared")
			}
		})
	}
	group.Wait()
	again := open(t, dir)
	if n := again.Get("shared").Memory.Restarts; n != 400 || len(again.Names()) != 9 {
		t.Errorf("%d restarts, names %v", n, again.Names())
	}
}
