package docker_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
)

// startRegistry serves a registry on 127.0.0.1, where engines accept plain HTTP, with one image, whose reference it
// returns. wrap may add a handler in front of it.
func startRegistry(t *testing.T, wrap func(http.Handler) http.Handler) (ref string) {
	t.Helper()
	repository := unique()
	srv := httptest.NewServer(wrap(imageRegistry(t, repository, "v1")))
	t.Cleanup(srv.Close)
	ref = strings.TrimPrefix(srv.URL, "http://") + "/" + repository + ":v1"
	cli := raw(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		_, _ = cli.ImageRemove(ctx, ref, image.RemoveOptions{PruneChildren: true})
	})
	return ref
}

func plain(h http.Handler) http.Handler { return h }

func puller(t *testing.T, opts docker.Options) *docker.Engine {
	t.Helper()
	newEngine(t)
	if opts.ConfigDir == "" {
		opts.ConfigDir = t.TempDir()
	}
	e, err := docker.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// says asserts an error's class, if any, and that it is one sentence with these words.
func says(t *testing.T, err, class error, words ...string) {
	t.Helper()
	if err == nil || (class != nil && !errors.Is(err, class)) {
		t.Fatalf("error %v, want one that is %v", err, class)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "daemon") || strings.Count(err.Error(), ": ") > 3 {
		t.Errorf("error %q is a stack of wrappings", err)
	}
}

func TestPull(t *testing.T) {
	e := puller(t, docker.Options{})
	ref := startRegistry(t, plain)
	if _, err := e.Image(t.Context(), ref); !errors.Is(err, engine.ErrNotFound) {
		t.Fatalf("Image before the pull: %v", err)
	}
	var seen []engine.Progress
	if err := e.Pull(t.Context(), ref, func(p engine.Progress) { seen = append(seen, p) }); err != nil {
		t.Fatal(err)
	}
	if img, err := e.Image(t.Context(), ref); err != nil || !strings.HasPrefix(img.ID, "sha256:") {
		t.Errorf("Image after the pull = %v, %v", img, err)
	}
	if len(seen) == 0 {
		t.Fatal("no progress was reported")
	}
	last := seen[len(seen)-1]
	for i, p := range seen {
		if p.Current > p.Total || (i > 0 && p.Total < seen[i-1].Total) {
			t.Errorf("progress %v in %v", p, seen)
		}
	}
	if last.Current != last.Total || last.Total == 0 {
		t.Errorf("the last progress is %v, want all of it", last)
	}
	if err := e.Pull(t.Context(), ref, nil); err != nil {
		t.Errorf("a second pull, without a progress: %v", err)
	}
}

func TestPullNotFound(t *testing.T) {
	e := puller(t, docker.Options{})
	ref := startRegistry(t, plain)
	host, _, _ := strings.Cut(ref, "/")
	for _, absent := range []string{strings.Replace(ref, ":v1", ":v2", 1), host + "/no/such:image"} {
		says(t, e.Pull(t.Context(), absent, nil), engine.ErrImageNotFound, "image "+absent+" not found in registry "+host)
	}
	says(t, e.Pull(t.Context(), "Not A Reference", nil), engine.ErrInvalid, "Not A Reference")
}

func TestPullUnreachable(t *testing.T) {
	e := puller(t, docker.Options{})
	// Port 1 refuses: nobody listens there.
	says(t, e.Pull(t.Context(), "127.0.0.1:1/app:v1", nil), nil, "cannot reach registry 127.0.0.1:1", "connection refused")
	says(t, e.Pull(t.Context(), "registry.invalid/app:v1", nil), nil, "cannot reach registry registry.invalid")
}

func TestPullCredentials(t *testing.T) {
	ref := startRegistry(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	host, _, _ := strings.Cut(ref, "/")
	dir := t.TempDir()
	e := puller(t, docker.Options{ConfigDir: dir})

	says(t, e.Pull(t.Context(), ref, nil), engine.ErrUnauthorized, ref, "docker login "+host)
	login(t, dir, host, "me:wrong")
	says(t, e.Pull(t.Context(), ref, nil), engine.ErrUnauthorized, ref, "docker login "+host)
	// The same engine: a docker login helps without a restart.
	login(t, dir, host, "me:secret")
	if err := e.Pull(t.Context(), ref, nil); err != nil {
		t.Errorf("with the right credentials: %v", err)
	}
}

func login(t *testing.T, dir, host, auth string) {
	t.Helper()
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte(auth)))
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stalling serves half of each blob and then nothing until release is closed.
func stalling(release <-chan struct{}) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
				h.ServeHTTP(w, r)
				return
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
	}
}

func TestPullStalls(t *testing.T) {
	release := make(chan struct{})
	ref := startRegistry(t, stalling(release))
	t.Cleanup(func() { close(release) })
	host, _, _ := strings.Cut(ref, "/")
	e := puller(t, docker.Options{StallTimeout: time.Second})
	says(t, e.Pull(t.Context(), ref, nil), engine.ErrStalled, "no data for 1s from registry "+host)
}

func TestPullContext(t *testing.T) {
	release := make(chan struct{})
	ref := startRegistry(t, stalling(release))
	t.Cleanup(func() { close(release) })
	e := puller(t, docker.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	says(t, e.Pull(ctx, ref, nil), context.DeadlineExceeded, ref)
}
