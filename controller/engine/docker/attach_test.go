package docker_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
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
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			over := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
			t.Cleanup(srv.Close)
			t.Cleanup(func() { close(over) })
			e, err := docker.New(docker.Options{Host: "tcp://" + strings.TrimPrefix(srv.URL, "http://")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			says(t, start(ctx, e), context.Canceled)
		})
	}
}
