package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestListOverTheSocket(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("db", 0), named("web", 3)}}
	c := client(t, serve(t, state, NewHub()))
	list, err := c.List(deadline(t), false)
	if err != nil {
		t.Fatal(err)
	}
	if list.Kind != "WorkspaceList" || len(list.Items) != 2 || list.Items[1].Name != "web" || list.Items[1].Status.RestartCount != 3 {
		t.Errorf("list %+v", list)
	}
	if env := list.Items[0].Spec.Env; env[0].Name != "API_TOKEN" || env[0].Value != "***" || env[1].Value != "***" {
		t.Errorf("env %+v, want names without values", env)
	}
	if list, err = c.List(deadline(t), true); err != nil || list.Items[0].Spec.Env[0].Value != "hunter2" {
		t.Errorf("list with secrets: %v, %v", list, err)
	}
	if state.workspaces[0].Spec.Env[0].Value != "hunter2" {
		t.Error("masking wrote into the shared workspace")
	}
}

func TestEmptyListIsAList(t *testing.T) {
	c := client(t, serve(t, &fakeState{}, NewHub()))
	body, err := c.do(deadline(t), http.MethodGet, pathWorkspaces)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	text := make([]byte, 4096)
	n, _ := body.Read(text)
	if !strings.Contains(string(text[:n]), `"items":[]`) {
		t.Errorf("answer %s", text[:n])
	}
}

func TestGetOverTheSocket(t *testing.T) {
	c := client(t, serve(t, &fakeState{workspaces: []*v1alpha1.Workspace{named("web", 3)}}, NewHub()))
	var ws v1alpha1.Workspace
	if err := c.read(deadline(t), pathWorkspaces+"/web", &ws); err != nil || ws.Name != "web" || ws.Spec.Env[0].Value != "***" {
		t.Errorf("get = %+v, %v", ws, err)
	}
	err := c.read(deadline(t), pathWorkspaces+"/shop", &ws)
	if err == nil || !strings.Contains(err.Error(), "no workspace shop") {
		t.Errorf("get of an unknown one = %v", err)
	}
}

func TestApplyFollowsUntilSettled(t *testing.T) {
	hub := NewHub()
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("web", 0)}, problems: []string{"x.yaml:1:1: bad"}, settled: make(chan struct{})}
	c := client(t, serve(t, state, hub))
	var got []string
	err := c.Apply(deadline(t), false, func(u ApplyUpdate) {
		if u.Settled {
			got = append(got, "settled "+strings.Join(u.Problems, ","))
			return
		}
		got = append(got, shortly([]Change{*u.Change})...)
		if env := u.Change.Object.Spec.Env; env[0].Value != "***" {
			t.Errorf("env %+v", env)
		}
		switch len(got) {
		case 1: // Each of these is published only once the one before arrived, so none is coalesced.
			hub.Publish(named("web", 1), false)
		case 2:
			hub.Publish(named("db", 0), true)
		case 3:
			close(state.settled)
		}
	})
	want := []string{"ADDED web 0", "MODIFIED web 1", "DELETED db 0", "settled x.yaml:1:1: bad"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("apply = %v, %q, want %q", err, got, want)
	}
	if since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC); state.rescans != 1 || !state.since.Equal(since) {
		t.Errorf("%d rescans, settled since %s", state.rescans, state.since)
	}
}

func TestFollowersLearnOfTheControllersEnd(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("web", 0)}}
	l, err := Listen(socketIn(t))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: New(state, NewHub(), time.Now).Handler()}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	c := client(t, filepath.Dir(l.Addr().String()))
	err = c.Apply(deadline(t), false, func(ApplyUpdate) { _ = srv.Close() })
	if err == nil || !strings.Contains(err.Error(), "it ended") {
		t.Errorf("Apply = %v", err)
	}
	<-ended
	_, err = c.List(deadline(t), false)
	if err == nil || !strings.Contains(err.Error(), "reach the controller") {
		t.Errorf("List without a controller = %v", err)
	}
}

func TestWatchShowsWhatIsAndThenWhatChanges(t *testing.T) {
	hub := NewHub()
	c := client(t, serve(t, &fakeState{workspaces: []*v1alpha1.Workspace{named("web", 0)}}, hub))
	var got []string
	err := c.Watch(deadline(t), false, func(change Change) bool {
		got = append(got, shortly([]Change{change})...)
		hub.Publish(named("web", int32(len(got))), len(got) == 2)
		return len(got) < 3
	})
	if want := []string{"ADDED web 0", "MODIFIED web 1", "DELETED web 2"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("watch = %v, %q, want %q", err, got, want)
	}
	ctx, cancel := context.WithCancel(deadline(t))
	if err := c.Watch(ctx, false, func(Change) bool { cancel(); return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("watch after cancel = %v", err)
	}
}

func TestEventsOfAWorkspace(t *testing.T) {
	hub := NewHub()
	at := metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	later := metav1.NewTime(at.Add(time.Minute))
	state := &fakeState{events: []status.Event{
		{Workspace: "web", Reason: "Created", LastTimestamp: at}, {Workspace: "db", Reason: "Stopped", LastTimestamp: at},
	}}
	c := client(t, serve(t, state, hub))
	all, err := c.Events(deadline(t), "")
	if err != nil || len(all) != 2 {
		t.Errorf("events = %v, %v", all, err)
	}
	ctx, cancel := context.WithCancel(deadline(t))
	var got []string
	err = c.WatchEvents(ctx, "web", func(e status.Event) {
		got = append(got, e.Reason)
		if len(got) == 1 {
			hub.PublishEvent(status.Event{Workspace: "db", Reason: "Started", LastTimestamp: later})
			hub.PublishEvent(status.Event{Workspace: "web", Reason: "Recreated", LastTimestamp: later})
			return
		}
		cancel()
	})
	if want := []string{"Created", "Recreated"}; !errors.Is(err, context.Canceled) || !slices.Equal(got, want) {
		t.Errorf("watch = %v, %q, want %q", err, got, want)
	}
}

func TestRestartOverTheSocket(t *testing.T) {
	state := &fakeState{}
	c := client(t, serve(t, state, NewHub()))
	if err := c.Restart(deadline(t), "web", "ann & bob"); err != nil || !slices.Equal(state.restarts, []string{"web by ann & bob"}) {
		t.Errorf("restart = %v, asked %q", err, state.restarts)
	}
	var refused *Refused
	if err := c.Restart(deadline(t), "unknown", "ann"); !errors.As(err, &refused) || !strings.Contains(err.Error(), "no such workspace") {
		t.Errorf("restart of an unknown one = %v", err)
	}
}

func TestHealth(t *testing.T) {
	state := &fakeState{}
	c := client(t, serve(t, state, NewHub()))
	for _, path := range []string{"/healthz", "/readyz"} {
		body, err := c.do(deadline(t), http.MethodGet, path)
		if err != nil {
			t.Fatal(err)
		}
		_ = body.Close()
	}
	state.sick = errors.New("the engine is not connected")
	for _, path := range []string{"/healthz", "/readyz"} {
		if _, err := c.do(deadline(t), http.MethodGet, path); err == nil || !strings.Contains(err.Error(), state.sick.Error()) {
			t.Errorf("%s = %v", path, err)
		}
	}
}

func TestSocketIsForItsOwnerOnlyAndReplacesALeftover(t *testing.T) {
	path := socketIn(t)
	leftover, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	leftover.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = leftover.Close()
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode()&os.ModeSocket == 0 {
		t.Errorf("socket %v, %v", info, err)
	}
}

// A state directory may have any path: longer than a socket's address, and of any characters.
func TestSocketPathsOfAllKinds(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 200), "a b\n%2F*[?", "@x"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for range 2 { // The second one finds the first one's leftover.
			l, err := Listen(SocketPath(dir))
			if err != nil {
				t.Fatal(err)
			}
			conn, err := Dial(t.Context(), SocketPath(dir))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Close(), l.Close()
		}
	}
}
