package status_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// A state directory of a release that had other names for fields is read, and loses nothing when it is written anew.
func TestRecordsOfEarlierReleases(t *testing.T) {
	at := func(minute int) *metav1.Time {
		return &metav1.Time{Time: time.Date(2026, 5, 4, 12, minute, 0, 0, time.UTC).Local()}
	}
	want := status.Record{
		Memory: plan.Memory{ContainerID: "c1", Restarts: 3, Applied: `{"image":"node:22"}`},
		Status: v1alpha1.WorkspaceStatus{
			RestartCount: 3, ContainerID: "c1", CreationTime: at(1), StartTime: at(2), NextRetryTime: at(3),
			Manifest: v1alpha1.ManifestPosition{File: "team/a:b.yaml", Line: 12}, Revision: &v1alpha1.Revision{Commit: "1a2b3c4"},
		},
	}
	tests := map[string]string{
		"old names": `{"memory":{"containerID":"c1","applied":"{\"image\":\"node:22\"}","restarts":3},` +
			`"status":{"restarts":3,"containerID":"c1","createdAt":"2026-05-04T12:01:00Z","startedAt":"2026-05-04T12:02:00Z",` +
			`"nextTry":"2026-05-04T12:03:00Z","manifest":"team/a:b.yaml:12","revision":{"commit":"1a2b3c4"}}}`,
		"names of today": `{"memory":{"containerID":"c1","applied":"{\"image\":\"node:22\"}","restarts":3},` +
			`"status":{"restartCount":3,"containerID":"c1","creationTime":"2026-05-04T12:01:00Z","startTime":"2026-05-04T12:02:00Z",` +
			`"nextRetryTime":"2026-05-04T12:03:00Z","manifest":{"file":"team/a:b.yaml","line":12},"revision":{"commit":"1a2b3c4"}}}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(filepath.Join(dir, "workspaces"), 0o700))
			must(t, os.WriteFile(filepath.Join(dir, "workspaces", "web.json"), []byte(text), 0o600))
			s := open(t, dir)
			if diff := cmp.Diff(want, s.Get("web")); diff != "" {
				t.Errorf("-want +read:\n%s", diff)
			}
			must(t, s.Update("web", func(r *status.Record) { r.Memory.Paused = true }))
			written := want
			written.Memory.Paused = true
			if diff := cmp.Diff(written, open(t, dir).Get("web")); diff != "" {
				t.Errorf("-want +written and read again:\n%s", diff)
			}
		})
	}
}

func TestRecordWithoutManifest(t *testing.T) {
	for _, text := range []string{`{}`, `{"status":{}}`, `{"status":{"manifest":""}}`, `{"status":{"manifest":"a.yaml"}}`} {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "workspaces"), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, "workspaces", "web.json"), []byte(text), 0o600))
		if got := open(t, dir).Get("web").Status.Manifest; got.File != "" {
			t.Errorf("%s: %v", text, got)
		}
	}
}
