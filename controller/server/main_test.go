package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeState is what a test puts into it.
type fakeState struct {
	mu         sync.Mutex
	workspaces []*v1alpha1.Workspace
	events     []status.Event
	problems   []string
	rescans    int
	settled    chan struct{}
	since      time.Time
	restarts   []string
	asked      []string
	sick       error
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

func (s *fakeState) Problems() []string { return s.problems }
func (s *fakeState) AllowEmpty()        {}
func (s *fakeState) Rescan()            { s.locked(func() { s.rescans++ }) }

func (s *fakeState) WaitSettled(ctx context.Context, since time.Time) error {
	s.locked(func() { s.since = since })
	select {
	case <-s.settled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *fakeState) RequestRestart(name, by string) error {
	if name == "unknown" {
		return errors.New("restart unknown: no such workspace")
	}
	s.locked(func() { s.restarts = append(s.restarts, name+" by "+by) })
	return nil
}

func (s *fakeState) RequestRecreate(name, by string, pull bool) error {
	s.locked(func() { s.asked = append(s.asked, fmt.Sprintf("recreate %s by %s, pull %t", name, by, pull)) })
	return nil
}

func (s *fakeState) RequestApproval(name, by string) ([]string, error) {
	s.locked(func() { s.asked = append(s.asked, "approve "+name+" by "+by) })
	return []string{"/outside"}, nil
}

func (s *fakeState) RequestRemoval(name, by string) error {
	s.locked(func() { s.asked = append(s.asked, "remove "+name+" by "+by) })
	return nil
}

func (s *fakeState) Healthy() error { return s.sick }
func (s *fakeState) Ready() error   { return s.sick }

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

// serve serves a state on a socket, and returns the directory of it.
func serve(t *testing.T, state State, hub *Hub) (dir string) {
	t.Helper()
	dir = t.TempDir()
	l, err := Listen(SocketPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	srv := &http.Server{Handler: New(state, hub, now).Handler()}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	return dir
}

func client(t *testing.T, dir string) *Client {
	t.Helper()
	c := NewClient(dir)
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func socketIn(t *testing.T) string { return filepath.Join(t.TempDir(), "controller.sock") }
