package ui

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeState is a Viewer with the state that a test sets.
type fakeState struct {
	mu         sync.Mutex
	workspaces []*v1alpha1.Workspace
	events     []status.Event
	problems   []string
	sick       error
	rescans    int
	restarts   int
}

func (s *fakeState) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeState) Workspaces() (out []*v1alpha1.Workspace) {
	s.locked(func() { out = append(out, s.workspaces...) })
	return out
}

func (s *fakeState) RecentEvents(workspace string) (out []status.Event) {
	s.locked(func() {
		for _, e := range s.events {
			if workspace == "" || e.Workspace == workspace {
				out = append(out, e)
			}
		}
	})
	return out
}

// Rescan and RequestRestart are not part of a Viewer: nothing may call them.
func (s *fakeState) Rescan() { s.locked(func() { s.rescans++ }) }

func (s *fakeState) RequestRestart(string, string) error {
	s.locked(func() { s.restarts++ })
	return nil
}

func (s *fakeState) Problems() []string { return s.problems }
func (s *fakeState) Ready() error       { return s.sick }

func named(name string, restarts int32) *v1alpha1.Workspace {
	return &v1alpha1.Workspace{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.WorkspaceSpec{Image: "busybox", Env: []v1alpha1.EnvVar{
			{Name: "API_TOKEN", Value: "hunter2"}, {Name: "A", Value: "b"},
		}},
		Status: v1alpha1.WorkspaceStatus{RestartCount: restarts},
	}
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
