package docker_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
)

// An engine that accepts the start of a command and never answers must not hold the caller beyond its context.
func TestCommandIsGivenUpWithItsContext(t *testing.T) {
	for name, start := range map[string]func(ctx context.Context, e *docker.Engine) error{
		"Run": func(ctx context.Context, e *docker.Engine) error {
			_, err := e.Run(ctx, "c", []string{"true"}, "")
			return err
		},
		"Exec": func(ctx context.Context, e *docker.Engine) error {
			_, err := e.Exec(ctx, "c", engine.ExecOptions{Command: []string{"true"}}, engine.Streams{})
			return err
		},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", name, secure), func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				over := make(chan struct{})
				srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Api-Version", "1.41")
					w.Header().Set("Content-Type", "application/json")
					switch {
					case strings.HasSuffix(r.URL.Path, "/start"):
						cancel()
						<-over
					case strings.HasSuffix(r.URL.Path, "/exec"):
						w.WriteHeader(http.StatusCreated)
						fmt.Fprint(w, `{"Id":"e"}`)
					default:
						fmt.Fprint(w, `{"ApiVersion":"1.41","MinAPIVersion":"1.12","Version":"20.10.24"}`)
					}
				}))
				if secure {
					srv.StartTLS()
					trust(t, srv)
				} else {
					srv.Start()
				}
				t.Cleanup(srv.Close)
				t.Cleanup(func() { close(over) })
				_, address, _ := strings.Cut(srv.URL, "://")
				e, err := docker.New(docker.Options{Host: "tcp://" + address})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = e.Close() })
				says(t, start(ctx, e), context.Canceled)
			})
		}
	}
}

// trust lets the docker client use a server over TLS.
func trust(t *testing.T, srv *httptest.Server) {
	t.Helper()
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(srv.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}, "cert.pem": {Type: "CERTIFICATE", Bytes: srv.Certificate().Raw},
		"key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DOCKER_CERT_PATH", dir)
	t.Setenv("DOCKER_TLS_VERIFY", "1")
}
