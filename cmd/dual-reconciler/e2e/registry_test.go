package e2e

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// testRegistry is a registry on 127.0.0.1, where engines accept plain HTTP.
type testRegistry struct {
	*bench
	host string

	mu       sync.Mutex
	requests []string
	// between answers a request in the registry's place, where it returns true.
	between func(w http.ResponseWriter, r *http.Request) bool
}

// registry starts a registry; what was pulled from it is removed from the engine at the end of the test.
func (b *bench) registry() *testRegistry {
	b.Helper()
	reg := &testRegistry{bench: b}
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reg.mu.Lock()
		between := reg.between
		if r.Header.Get("X-Test-Push") != "" {
			between = nil
		} else {
			reg.requests = append(reg.requests, r.Method+" "+r.URL.Path)
		}
		reg.mu.Unlock()
		if between == nil || !between(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	b.Cleanup(srv.Close)
	reg.host = strings.TrimPrefix(srv.URL, "http://")
	b.Cleanup(func() {
		// Containers of these images carry the instance's label; cleanups run last one first, so they are still there.
		b.sweep()
		// By name and never forced by id: an image may have names of somebody else's too.
		images, _ := b.tryDocker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "--filter", "reference="+reg.host+"/*/*")
		for _, line := range strings.Split(images, "\n") {
			name, id, found := strings.Cut(line, " ")
			if !found {
				continue
			}
			if strings.HasSuffix(name, ":<none>") {
				name = id // Another image took the name over.
			}
			if out, err := b.tryDocker("rmi", name); err != nil {
				b.Errorf("clean up: %s", out)
			}
		}
	})
	return reg
}

// Between sets what answers in the registry's place.
func (reg *testRegistry) Between(f func(w http.ResponseWriter, r *http.Request) bool) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.between = f
}

// ref is the image that Push makes of a repository, there or not.
func (reg *testRegistry) ref(repository string) string {
	return reg.host + "/" + suite.Name + "/" + repository + ":v1"
}

// asked is how often the manifest of a repository was asked for.
func (reg *testRegistry) asked(repository string) int {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	n := 0
	for _, r := range reg.requests {
		if strings.Contains(r, "/v2/"+suite.Name+"/"+repository+"/manifests/") {
			n++
		}
	}
	return n
}

var busybox = sync.OnceValues(func() (v1.Image, error) {
	dir, err := os.MkdirTemp("", "dual-e2e-busybox")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "busybox.tar")
	if out, err := exec.Command("docker", "save", "-o", file, "busybox").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("save busybox: %w: %s", err, out)
	}
	archive, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(archive))), nil }, nil)
})

// pushed marks the test's own requests: only the engine's count.
type pushed struct{ http.Transport }

func (p *pushed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Test-Push", "1")
	return p.Transport.RoundTrip(r)
}

// Push puts an image into the registry and returns its reference: busybox with a layer that no other image has.
func (reg *testRegistry) Push(repository string) string {
	reg.Helper()
	ref := reg.ref(repository)
	base, err := busybox()
	if err != nil {
		reg.Fatal(err)
	}
	layer, err := random.Layer(64<<10, "application/vnd.docker.image.rootfs.diff.tar.gzip")
	if err != nil {
		reg.Fatal(err)
	}
	img, err := mutate.AppendLayers(base, layer)
	if err != nil {
		reg.Fatal(err)
	}
	tag, err := name.ParseReference(ref)
	if err != nil {
		reg.Fatal(err)
	}
	transport := &pushed{}
	defer transport.CloseIdleConnections()
	if err := remote.Write(tag, img, remote.WithTransport(transport)); err != nil {
		reg.Fatal(err)
	}
	return ref
}

// image is a sleeper's manifest with an image of this registry.
func (reg *testRegistry) image(short, ref string, extra ...string) string {
	return reg.manifest(short, append([]string{"image: " + ref, `command: ["sleep", "1000000"]`, "terminationGracePeriodSeconds: 0"}, extra...)...)
}

// requirePassword lets in whoever is me with the password secret.
func requirePassword(w http.ResponseWriter, r *http.Request) bool {
	if user, password, _ := r.BasicAuth(); user == "me" && password == "secret" {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprint(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
	return true
}

// dockerLogin is what docker login leaves behind.
func (b *bench) dockerLogin(dir, host, auth string) {
	b.Helper()
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte(auth)))
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
}

func TestRegistryOfTheTests(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	ref := reg.Push("app")
	if n := reg.asked("app"); n != 0 {
		t.Fatalf("the push itself counts as %d requests", n)
	}
	if out := b.docker("run", "--rm", ref, "echo", "works"); !strings.HasSuffix(out, "works") {
		t.Fatal(out)
	}
	if n := reg.asked("app"); n == 0 {
		t.Fatal("the engine's pull was not counted")
	}
}
