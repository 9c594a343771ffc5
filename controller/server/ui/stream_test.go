package ui

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestUIStreamTellsEverythingAndThenChanges(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("a", 1), named("b", 0)}, problems: []string{"a.yaml:1:1: no"}}
	state.events = append(state.events, event("a", "Created"))
	hub := server.NewHub()
	s := openStream(t, serve(t, state, hub, nil)+"/stream")
	first, _ := s.next()
	if first.About == nil || first.About.Instance != "i" || len(first.Workspaces) != 2 || first.Workspaces[0].Name != "a" ||
		first.Workspaces[0].Status.RestartCount != 1 || len(first.Events) != 1 || len(first.Problems) != 1 || first.NotReady != "" || first.Now.IsZero() {
		t.Fatalf("first: %+v", first)
	}

	changed := named("a", 2)
	state.locked(func() { state.workspaces[0] = changed })
	hub.Publish(changed, false)
	if m, _ := s.next(); m.About != nil || len(m.Workspaces) != 1 || m.Workspaces[0].Status.RestartCount != 2 || m.Events != nil {
		t.Fatalf("a change: %+v", m)
	}

	state.locked(func() { state.workspaces = state.workspaces[:1] })
	hub.Publish(named("b", 0), true)
	if m, _ := s.next(); !slices.Equal(m.Removed, []string{"b"}) || m.Workspaces != nil {
		t.Fatalf("a removal: %+v", m)
	}

	e := event("a", "Recreated")
	state.locked(func() { state.events = append(state.events, e) })
	hub.PublishEvent(e)
	if m, _ := s.next(); len(m.Events) != 2 || m.Events[1].Reason != "Recreated" || !slices.Equal(m.EventsOf, []string{"a"}) {
		t.Fatalf("an event: %+v", m)
	}
}

// Two changes of a workspace can overtake each other on their way to the hub; the page must end with the later state.
func TestUIStreamTellsTheStateAndNotTheRumour(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("a", 0)}}
	hub := server.NewHub()
	s := openStream(t, serve(t, state, hub, nil)+"/stream")
	s.next()
	state.locked(func() { state.workspaces[0] = named("a", 7) })
	hub.Publish(named("a", 6), true)
	if m, _ := s.next(); len(m.Removed) != 0 || len(m.Workspaces) != 1 || m.Workspaces[0].Status.RestartCount != 7 {
		t.Fatalf("told: %+v", m)
	}
}

func TestUINeverTellsSecrets(t *testing.T) {
	ws := named("a", 0)
	ws.Spec.Setup, ws.Spec.Args = "curl -H token:hunter2", []string{"--password=hunter2"}
	state := &fakeState{workspaces: []*v1alpha1.Workspace{ws}, events: []status.Event{event("a", "Created")}}
	hub := server.NewHub()
	url := serve(t, state, hub, nil)
	s := openStream(t, url+"/stream?secrets=true")
	_, first := s.next()
	hub.Publish(ws, false)
	_, second := s.next()
	for _, text := range []string{first, second} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "API_TOKEN") || !strings.Contains(text, "busybox") {
			t.Errorf("told: %s", text)
		}
	}
}

func TestUIStreamBeats(t *testing.T) {
	state := &fakeState{sick: errors.New("the engine is not connected")}
	s := openStream(t, serve(t, state, server.NewHub(), func(p *page) { p.heartbeat = time.Millisecond })+"/stream")
	s.next()
	if m, _ := s.next(); m.NotReady != "the engine is not connected" || m.About != nil || m.Problems == nil {
		t.Errorf("a beat: %+v", m)
	}
}

// A busy loop's changes come in rounds: the pace bounds the messages, and the last state is told.
func TestUIStreamIsPaced(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("a", 0)}}
	hub := server.NewHub()
	s := openStream(t, serve(t, state, hub, func(p *page) { p.interval = 300 * time.Millisecond })+"/stream")
	s.next()
	const changes = 2000
	for i := range int32(changes) {
		ws := named("a", i+1)
		state.locked(func() { state.workspaces[0] = ws })
		hub.Publish(ws, false)
	}
	for messages := 1; ; messages++ {
		m, _ := s.next()
		if len(m.Workspaces) == 1 && m.Workspaces[0].Status.RestartCount == changes {
			return
		}
		if messages > 20 {
			t.Fatalf("%d messages", messages)
		}
	}
}

func TestUIStreamsAreFew(t *testing.T) {
	url := serve(t, &fakeState{}, server.NewHub(), nil)
	first := openStream(t, url+"/stream")
	first.next()
	openStream(t, url+"/stream").next()
	refused := func() (int, string) {
		transport := &http.Transport{DisableKeepAlives: true}
		req, err := http.NewRequestWithContext(deadline(t), "GET", url+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode == 200 {
			return 200, ""
		}
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	if code, text := refused(); code != 503 || text != "2 pages are open already: close one\n" {
		t.Errorf("one too many: %d %q", code, text)
	}
	// A page that is closed makes room.
	if err := first.body.Close(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(5 * time.Minute); ; {
		if code, _ := refused(); code == 200 {
			return
		}
		if time.Now().After(until) {
			t.Fatal("no room after a page was closed")
		}
	}
}

// A browser that reads nothing fills its connection and holds its own stream up, and nothing else; then it is let go.
func TestUISlowBrowserHoldsNobodyUp(t *testing.T) {
	big := named("big", 0)
	big.Labels = map[string]string{"x": strings.Repeat("x", 1<<20)}
	hub := server.NewHub()
	var u *page
	url := serve(t, &fakeState{workspaces: []*v1alpha1.Workspace{big}}, hub, func(made *page) {
		u = made
		u.writeTimeout, u.heartbeat = time.Second, time.Hour
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "GET /stream HTTP/1.1\r\nHost: %s\r\n\r\n", strings.TrimPrefix(url, "http://")); err != nil {
		t.Fatal(err)
	}
	quick := openStream(t, url+"/stream")
	quick.next()
	for until := time.Now().Add(5 * time.Minute); ; {
		hub.Publish(big, false)
		if m, _ := quick.next(); len(m.Workspaces) != 1 {
			t.Fatalf("the quick one was told %+v", m)
		}
		if len(u.streams) == 1 {
			return
		}
		if time.Now().After(until) {
			t.Fatal("the slow browser was not let go")
		}
	}
}

func TestUIStreamEndsWithTheServer(t *testing.T) {
	var s *streamReader
	t.Run("serving", func(t *testing.T) {
		s = &streamReader{t: t}
		*s = *openStream(t, serve(t, &fakeState{}, server.NewHub(), nil)+"/stream")
		s.next()
	})
	// The server's shutdown fails the subtest where the stream does not end.
	if _, err := s.line(); err == nil {
		t.Error("the stream goes on")
	}
}

func TestUIKinds(t *testing.T) {
	condition := func(kind, status, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason}
	}
	for _, c := range []struct {
		want       string
		conditions []metav1.Condition
	}{
		{kindWaiting, nil},
		{kindReady, []metav1.Condition{condition("Ready", "True", "Running")}},
		{kindReady, []metav1.Condition{condition("Ready", "True", "Stopped")}},
		{kindWaiting, []metav1.Condition{condition("Ready", "False", "Pending")}},
		{kindWorking, []metav1.Condition{condition("Ready", "False", "Pulling"), condition("Reconciling", "True", "Pulling")}},
		{kindWorking, []metav1.Condition{condition("Ready", "True", "Updating"), condition("Reconciling", "True", "Updating")}},
		{kindFailing, []metav1.Condition{condition("Ready", "False", "CrashLoopBackOff"), condition("Stalled", "True", "CrashLoopBackOff")}},
		{kindFailing, []metav1.Condition{condition("Ready", "False", "Unhealthy")}},
		{kindPaused, []metav1.Condition{condition("Ready", "Unknown", "Paused")}},
	} {
		ws := named("a", 0)
		ws.Status.Conditions = c.conditions
		if got := kindOf(ws); got != c.want {
			t.Errorf("%v: %s, want %s", c.conditions, got, c.want)
		}
	}
}
