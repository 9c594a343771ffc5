package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// crashed makes the record of a workspace that runs under no controller one of a long crash loop.
func (b *bench) crashed(short string) {
	b.Helper()
	file := filepath.Join(b.State, b.Instance, "workspaces", b.Name(short)+".json")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var record map[string]map[string]any
	if err := json.Unmarshal(data, &record); err != nil {
		b.Fatal(err)
	}
	crash, _ := record["memory"]["crash"].(map[string]any)
	if crash == nil {
		b.Fatalf("no crash in %s", data)
	}
	crash["failures"] = 10
	if data, err = json.Marshal(record); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestSourceComesBackStartsAtOnce takes the source of a workspace away that is in a crash loop, and brings it back mended.
func TestSourceComesBackStartsAtOnce(t *testing.T) {
	b := newBench(t)
	shop := filepath.Join(b.Root, "shop")
	if err := os.Mkdir(shop, 0o755); err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.manifest("a", `image: busybox`, `command: ["sh", "-c", "test -e ok && exec sleep 1000000; exit 1"]`,
		`source: {path: ../shop}`, `terminationGracePeriodSeconds: 1`))
	l := b.Run("--resync", "1s")
	b.Eventually("it was started again", func() string {
		if ws := b.Get("a"); ws == nil || ws.Status.Restarts == 0 {
			return "not yet"
		}
		return ""
	})
	l.Stop()
	b.crashed("a")
	b.Run("--resync", "1s")
	next := b.Shows("a", "CrashLoopBackOff").Status.NextTry.Time
	b.Move("shop", "shop.away")
	b.Shows("a", "SourceNotFound", shop)
	if err := os.WriteFile(filepath.Join(b.Root, "shop.away", "ok"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Move("shop.away", "shop")
	now := b.Running("a")
	b.Shows("a", "Running")
	if started, err := time.Parse(time.RFC3339Nano, now.State.StartedAt); err != nil || !started.Before(next) {
		t.Errorf("started at %s, as if it had gone on backing off until %s", now.State.StartedAt, next)
	}
}
