package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSocketOfTheContextIsProtected: the socket of the engine in use is one that no workspace mounts, also where a docker context
// names it; and so is the state directory.
func TestSocketOfTheContextIsProtected(t *testing.T) {
	b := newBench(t)
	socket := filepath.Join(b.Root, "engine", "e.sock")
	const name = "elsewhere"
	sum := sha256.Sum256([]byte(name))
	meta := filepath.Join(b.Root, "config", "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json")
	for _, path := range []string{socket, meta} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(meta, fmt.Appendf(nil, `{"Name": %q, "Metadata": {}, "Endpoints": {"docker": {"Host": %q}}}`, name, "unix://"+socket), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("DOCKER_HOST") != "" {
		t.Skip("the engine is not at its usual place")
	}
	if err := os.Symlink("/var/run/docker.sock", socket); err != nil {
		t.Fatal(err)
	}
	b.Env = append(b.Env, "DOCKER_CONFIG="+filepath.Join(b.Root, "config"), "DOCKER_CONTEXT="+name)
	if err := os.Symlink(b.State, filepath.Join(b.Root, "state")); err != nil {
		t.Fatal(err)
	}
	refused := []struct{ source, text string }{
		{"../engine", "contains the container engine's socket " + socket},
		{"../engine/e.sock", "is the container engine's socket"},
		{"..", "contains the container engine's socket"},
		{"../state", "is the controller's own " + b.State},
		{b.State + "/x", "is the controller's own " + b.State},
	}
	for i, r := range refused {
		b.Write(fmt.Sprintf("%d.yaml", i), b.sleeper(fmt.Sprint(i), fmt.Sprintf("mounts: [{type: bind, source: %s, target: /x, readOnly: true}]", r.source)))
	}
	for _, verb := range []string{"validate", "apply"} {
		did := b.Do(verb)
		for i, r := range refused {
			if !slices.ContainsFunc(strings.Split(did.Stdout+did.Stderr, "\n"), func(line string) bool {
				return strings.Contains(line, fmt.Sprintf("%d.yaml:", i)) && strings.Contains(line, r.text)
			}) || did.Code != 1 {
				t.Errorf("%s says nothing of %s: %+v", verb, r.source, did)
			}
		}
	}
	if made := b.containers(); len(made) > 0 {
		t.Errorf("containers were created: %v", made)
	}
	for i := range refused {
		b.Delete(fmt.Sprintf("%d.yaml", i))
	}
	b.Write("a.yaml", b.sleeper("a", "mounts: [{type: bind, source: ../config, target: /x}]"))
	b.Apply(0)
}
