package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSourceBecomesALink: a workspace that replaces a directory of its source by a link gets nothing by its next start, whoever
// starts it; with the directory back in its place it runs again.
func TestSourceBecomesALink(t *testing.T) {
	for _, tt := range []struct{ name, to string }{
		{"to the engine's socket", "/var/run"},
		{"to another directory", "/etc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			cache := filepath.Join(b.Root, "shop", "cache")
			if err := os.MkdirAll(cache, 0o755); err != nil {
				t.Fatal(err)
			}
			b.Write("a.yaml", b.sleeper("a", `source: {path: ../shop}`, `mounts: [{type: bind, source: ../shop/cache, target: /cache}]`))
			loop := b.Run()
			before := b.Running("a")
			b.Inside("a", "sh", "-c", fmt.Sprintf("rm -rf /workspace/cache && ln -s %s /workspace/cache", tt.to))
			// The end of the container may kill the command that asked for it.
			_, _ = b.tryInside("a", "kill", "-TERM", "1")
			b.Eventually("the start is refused", func() string {
				ws := b.Get("a")
				if ws == nil {
					return "get does not know it"
				}
				for _, text := range []string{"StartFailed", cache + " is a link to " + tt.to, "refused"} {
					if now := ready(ws); !strings.Contains(now.Reason+" "+now.Message, text) {
						return fmt.Sprintf("it shows %s: %s", now.Reason, now.Message)
					}
				}
				return ""
			})
			refused := func(when string) {
				t.Helper()
				if now := b.Look("a"); now == nil || now.State.Running || now.State.StartedAt != before.State.StartedAt {
					t.Fatalf("%s: it was started with the link in force: %+v", when, now)
				}
			}
			refused("after its end")
			loop.Stop()
			if r := b.Do("restart", b.Name("a")); r.Code == 0 || !strings.Contains(r.Stderr, cache) {
				t.Errorf("restart: %+v", r)
			}
			refused("after restart")
			if r := b.Do("recreate", b.Name("a")); r.Code == 0 {
				t.Errorf("recreate: %+v", r)
			}
			refused("after recreate")
			if err := os.Remove(cache); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(cache, 0o755); err != nil {
				t.Fatal(err)
			}
			b.Run()
			b.Running("a")
		})
	}
}
