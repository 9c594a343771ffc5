package docker_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// TestListTranslates what a real engine hardly shows: link aliases before the name, and addresses of the sixth version.
func TestListTranslates(t *testing.T) {
	e := serve(t, fake{"GET /containers/json": func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("all") != "1" || q.Get("size") != "" || q.Get("filters") != `{"label":{"dual.dev/instance=i":true}}` {
			t.Errorf("query %v", q)
		}
		answer(w, http.StatusOK, []any{map[string]any{
			"Id": "x", "Names": []string{"/other/alias", "/own"}, "State": "exited", "Created": 5, "ImageID": "sha256:1",
			"Labels":          map[string]string{"dual.dev/instance": "i", "dual.dev/workspace": "w"},
			"NetworkSettings": map[string]any{"Networks": map[string]any{"six": map[string]any{"GlobalIPv6Address": "fd00::2"}}},
			"Mounts": []any{
				map[string]any{"Type": "bind", "Source": "/src", "Destination": "/a"},
				map[string]any{"Type": "volume", "Name": "v", "Destination": "/b"},
			},
		}})
	}})
	got, err := e.List(t.Context(), "i")
	if err != nil {
		t.Fatal(err)
	}
	want := []engine.Container{{
		ID: "x", Name: "own", State: engine.StateExited, Created: time.Unix(5, 0), ImageID: "sha256:1",
		Labels:   map[string]string{"dual.dev/instance": "i", "dual.dev/workspace": "w"},
		Networks: map[string]string{"six": "fd00::2"}, Volumes: []engine.MountedVolume{{Name: "v", Target: "/b"}},
		Binds: []engine.Bind{{Source: "/src", Target: "/a", ReadOnly: true}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("List (-want +got):\n%s", diff)
	}
}

// TestShortRun: a program that ends at once is stamped as finished a little before it was started.
func TestShortRun(t *testing.T) {
	e := serve(t, fake{"GET /containers/x/json": func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"Id": "x", "Name": "/x", "Created": "2026-01-01T00:00:00Z", "HostConfig": map[string]any{}, "Config": map[string]any{},
			"State": map[string]any{"Status": "exited", "StartedAt": "2026-01-01T00:00:01.5Z", "FinishedAt": "2026-01-01T00:00:01.4Z"},
		})
	}})
	c, err := e.Inspect(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Details; d.FinishedAt.Before(d.StartedAt) {
		t.Errorf("started %v, finished %v", d.StartedAt, d.FinishedAt)
	}
}

// A path that the engine cannot be told of is refused: it would mount another one.
func TestMountSourceThatIsNoText(t *testing.T) {
	e := serve(t, fake{})
	_, err := e.Create(t.Context(), engine.ContainerSpec{
		Name: "x", Image: "busybox", Mounts: []engine.Mount{{Type: engine.MountBind, Source: "/a\xff", Target: "/a"}},
	})
	says(t, err, engine.ErrInvalid, "is not valid UTF-8")
}
