package docker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
)

// fake is an engine that answers as the real one hardly does on request: paths without their version, such as
// "POST /containers/x/start".
type fake map[string]http.HandlerFunc

// serve starts the fake. It answers pings and infos by itself.
func serve(t *testing.T, f fake) *docker.Engine {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if strings.HasPrefix(path, "/v1.") {
			_, path, _ = strings.Cut(path[1:], "/")
			path = "/" + path
		}
		h := f[r.Method+" "+path]
		switch {
		case h != nil:
			h(w, r)
		case path == "/_ping":
			w.Header().Set("Api-Version", "1.41")
		case path == "/info":
			answer(w, http.StatusOK, map[string]any{"ID": "fake", "NCPU": 2, "SystemTime": time.Now().Format(time.RFC3339Nano)})
		default:
			t.Errorf("unexpected request %s %s", r.Method, path)
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(srv.Close)
	t.Setenv("DOCKER_API_VERSION", "")
	e, err := docker.New(docker.Options{Host: strings.Replace(srv.URL, "http://", "tcp://", 1), ConfigDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, map[string]string{"message": message}) }
}

// inOrder answers each request with the next handler, and the last one for good.
func inOrder(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1))-1, len(handlers)-1)](w, r)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func state(s engine.State) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"Id": "x", "Name": "/x", "Created": "2026-01-01T00:00:00Z", "State": map[string]any{"Status": s},
			"HostConfig": map[string]any{}, "Config": map[string]any{}, "NetworkSettings": map[string]any{},
		})
	}
}

var absent = refuse(http.StatusNotFound, "No such container: x")

// hangUp ends the connection in the middle of the call.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestStartErrors(t *testing.T) {
	const oci = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: " +
		"unable to start container process: exec: \"foo\": executable file not found in $PATH: unknown"
	for _, tt := range []struct {
		name  string
		h     http.HandlerFunc
		class error
		want  string
	}{
		{"runtime", refuse(500, oci), nil, `start container x: exec: "foo": executable file not found in $PATH`},
		{"absent", absent, engine.ErrNotFound, "start container x: No such container: x"},
		{"shutdown", refuse(500, "daemon is shutting down"), engine.ErrUnavailable, "is going down"},
		{"busy", refuse(503, "not now"), engine.ErrUnavailable, "is going down"},
		{"containerd away", refuse(500, "connection error: desc = \"transport: dial unix /run/containerd/containerd.sock\""), engine.ErrUnavailable, "is going down"},
		{"engine's context", refuse(500, "context canceled"), engine.ErrUnavailable, "is going down"},
		{"hang-up", hangUp, engine.ErrUnavailable, "cannot reach the Docker engine at tcp://127.0.0.1:"},
		{"plain text", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "odd proxy", 500) }, nil, "start container x: odd proxy"},
		{"started", status(http.StatusNotModified), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serve(t, fake{"POST /containers/x/start": tt.h})
			err := e.Start(t.Context(), "x")
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || (tt.class != nil && !errors.Is(err, tt.class)) {
				t.Errorf("Start = %v, want %q of class %v", err, tt.want, tt.class)
			}
			if tt.class == nil && (errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrNotFound)) {
				t.Errorf("Start = %v has a class", err)
			}
		})
	}
}

// TestVersions: the engine is replaced under a client that runs for weeks.
func TestVersions(t *testing.T) {
	var current atomic.Pointer[string]
	set := func(v string) { current.Store(&v) }
	set("1.41")
	ping := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", *current.Load()) }
	list := func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v"+*current.Load()+"/") {
			refuse(400, fmt.Sprintf("client version is too old. Minimum supported API version is %s", *current.Load()))(w, r)
			return
		}
		answer(w, 200, []any{})
	}
	e := serve(t, fake{"HEAD /_ping": ping, "GET /containers/json": list})
	for _, version := range []string{"1.41", "1.44", "1.40"} {
		old := *current.Load() == version
		set(version)
		_, err := e.List(t.Context(), "any")
		if !old {
			says(t, err, engine.ErrUnavailable, "wants another API version")
			_, err = e.List(t.Context(), "any")
		}
		if err != nil {
			t.Errorf("List on API %s: %v", version, err)
		}
	}
}

// TestUnansweredPing: a request with the client's newest version would be refused for good by an engine that comes up.
func TestUnansweredPing(t *testing.T) {
	up := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") }
	ping := inOrder(hangUp, hangUp, up)
	e := serve(t, fake{
		"HEAD /_ping": ping, "GET /_ping": ping,
		"GET /containers/json": func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/v1.41/") {
				t.Errorf("request %s before the version was agreed upon", r.URL.Path)
			}
			answer(w, 200, []any{})
		},
	})
	_, err := e.List(t.Context(), "any")
	says(t, err, engine.ErrUnavailable, "cannot reach")
	if _, err := e.List(t.Context(), "any"); err != nil {
		t.Error(err)
	}
}

func TestRemoveTails(t *testing.T) {
	inProgress := refuse(409, "removal of container x is already in progress")
	removing := state(engine.StateRemoving)
	for _, tt := range []struct {
		name            string
		remove, inspect http.HandlerFunc
		class           error
	}{
		{"in progress, then gone", inProgress, inOrder(removing, removing, absent), nil},
		{"in progress, then dead", inOrder(inProgress, forced(t)), inOrder(removing, state(engine.StateDead)), nil},
		{"dead", inOrder(refuse(500, "driver failed to remove root filesystem"), forced(t)), state(engine.StateDead), nil},
		{"running", refuse(409, "You cannot remove a running container x. Stop it"), state(engine.StateRunning), engine.ErrInvalid},
		{"engine away meanwhile", inProgress, hangUp, engine.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serve(t, fake{"DELETE /containers/x": tt.remove, "GET /containers/x/json": tt.inspect})
			if err := e.Remove(t.Context(), "x"); !errors.Is(err, tt.class) {
				t.Errorf("Remove = %v, want %v", err, tt.class)
			}
		})
	}
}

// forced asserts that the removal is forced: only a dead container's may be.
func forced(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("force") != "1" || r.URL.Query().Get("v") == "1" {
			t.Errorf("removal with %v, want force and no volumes", r.URL.Query())
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// TestLateName: an engine releases a name some time after the container is gone.
func TestLateName(t *testing.T) {
	taken := refuse(409, `Conflict. The container name "/x" is already in use by container "y". You have to remove (or rename) it`)
	for _, tt := range []struct {
		name                  string
		create, rename, holds http.HandlerFunc
		class                 error
	}{
		{"released late", inOrder(taken, taken, created), inOrder(taken, taken, status(204)), absent, nil},
		{"being removed", inOrder(taken, taken, created), inOrder(taken, taken, status(204)), state(engine.StateRemoving), nil},
		{"held", taken, taken, state(engine.StateExited), engine.ErrNameInUse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serve(t, fake{
				"POST /containers/create": tt.create, "POST /containers/y/rename": tt.rename, "GET /containers/x/json": tt.holds,
			})
			if _, err := e.Create(t.Context(), engine.ContainerSpec{Name: "x", Image: "i"}); !errors.Is(err, tt.class) {
				t.Errorf("Create = %v, want %v", err, tt.class)
			}
			if err := e.Rename(t.Context(), "y", "x"); !errors.Is(err, tt.class) {
				t.Errorf("Rename = %v, want %v", err, tt.class)
			}
		})
	}
}

func created(w http.ResponseWriter, _ *http.Request) { answer(w, 201, map[string]string{"Id": "new"}) }

// TestStopRefusedWhilePaused is podman's way.
func TestStopRefusedWhilePaused(t *testing.T) {
	e := serve(t, fake{
		"POST /containers/x/stop":    inOrder(refuse(500, "container state improper: paused"), status(204)),
		"POST /containers/x/unpause": status(204),
	})
	if err := e.Stop(t.Context(), "x", time.Second); err != nil {
		t.Error(err)
	}
}

func TestEventStreamEnds(t *testing.T) {
	e := serve(t, fake{"GET /events": inOrder(
		func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"Type":"container","Action":"die","Actor":{"ID":"x"},"timeNano":5}
{"Type":"container","Action":"exec_start: ls","Actor":{"ID":"x"}}
{"Type":"network","Action":"disconnect","Actor":{"ID":"n","Attributes":{"container":"x"}}}
{"Type":"network","Action":"destroy","Actor":{"ID":"n"}}`)
		},
		refuse(500, "no events today"),
		refuse(503, "later"),
	)})
	s, err := e.Events(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for event := range s.C() {
		got = append(got, event.Action+" of "+event.ContainerID)
	}
	if want := "die of x,disconnect of x"; strings.Join(got, ",") != want {
		t.Errorf("events %v, want %s", got, want)
	}
	says(t, s.Err(), engine.ErrUnavailable, "ended its event stream")
	_, err = e.Events(t.Context(), time.Time{})
	says(t, err, nil, "no events today")
	_, err = e.Events(t.Context(), time.Time{})
	says(t, err, engine.ErrUnavailable, "later")
}

func TestPullErrors(t *testing.T) {
	line := func(message string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"errorDetail": map[string]string{"message": message}, "error": message})
		}
	}
	for _, tt := range []struct {
		name, ref string
		h         http.HandlerFunc
		class     error
		want      string
	}{
		{"no tag", "node:99", refuse(404, "manifest for node:99 not found: manifest unknown: manifest unknown"), engine.ErrImageNotFound, "image node:99 not found in registry docker.io"},
		{"no tag, in the stream", "node:99", line("manifest for node:99 not found: manifest unknown: manifest unknown"), engine.ErrImageNotFound, "image node:99 not found in registry docker.io"},
		{"no repository", "nodee", refuse(404, "pull access denied for nodee, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"), engine.ErrImageNotFound, "check the name, or run `docker login` where it is private"},
		{"credentials", "ghcr.io/me/app", refuse(500, "Head \"https://ghcr.io/v2/me/app/manifests/latest\": denied"), engine.ErrUnauthorized, "run `docker login ghcr.io`"},
		{"rate", "node", line("toomanyrequests: You have reached your pull rate limit."), nil, "limits the rate of pulls"},
		{"name server", "r.example/app", refuse(500, "Get \"https://r.example/v2/\": dial tcp: lookup r.example on 1.1.1.1:53: no such host"), nil, "cannot reach registry r.example: no such host"},
		{"platform", "app", line("no matching manifest for linux/arm64/v8 in the manifest list entries"), engine.ErrImageNotFound, "no variant for this machine"},
		{"full disk", "app", line("write /var/lib/docker/tmp/x: no space left on device"), nil, "pull app: write /var/lib/docker/tmp/x: no space left on device"},
		{"engine gone", "app", hangUp, engine.ErrUnavailable, "cannot reach the Docker engine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := serve(t, fake{"POST /images/create": tt.h})
			says(t, e.Pull(t.Context(), tt.ref, nil), tt.class, tt.want)
		})
	}
}
