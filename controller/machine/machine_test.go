package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "machine-id")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const systemID = "3d1219c7c4c5404aaa1f6d2a48adfda4"

func TestIDOfTheSystemIsDerived(t *testing.T) {
	first, err := where{system: []string{file(t, systemID+"\n")}}.id()
	if err != nil || first == systemID || len(first) != 32 {
		t.Fatalf("id = %q, %v", first, err)
	}
	if again, _ := (where{system: []string{"/nonexistent", file(t, systemID)}}).id(); again != first {
		t.Errorf("the same id in another file: %q, want %q", again, first)
	}
	if other, _ := (where{system: []string{file(t, "4"+systemID[1:])}}).id(); other == first {
		t.Error("two machines have one id")
	}
}

func TestUnusableSystemIDs(t *testing.T) {
	for _, content := range []string{"", "\n", "uninitialized\n", "00000000000000000000000000000000\n", "abc\n"} {
		own := filepath.Join(t.TempDir(), "deep", "machine-id")
		w := where{system: []string{file(t, content), "/nonexistent"}, generated: []string{own}}
		id, err := w.id()
		if err != nil || len(id) != 32 {
			t.Fatalf("%q: id = %q, %v", content, id, err)
		}
		if again, err := w.id(); again != id || err != nil {
			t.Errorf("%q: the generated id changed from %q to %q, %v", content, id, again, err)
		}
	}
}

func TestGeneratedIDFallsBack(t *testing.T) {
	blocked := filepath.Join(file(t, "a file"), "machine-id")
	own := filepath.Join(t.TempDir(), "machine-id")
	if id, err := (where{generated: []string{blocked, own}}).id(); err != nil || len(id) != 32 {
		t.Errorf("id = %q, %v", id, err)
	}
	if id, err := (where{generated: []string{blocked}}).id(); err == nil || id != "" {
		t.Errorf("nowhere to keep it: id = %q, %v", id, err)
	}
}

func TestOverride(t *testing.T) {
	if id, err := (where{env: "build-host-1"}).id(); id != "build-host-1" || err != nil {
		t.Errorf("id = %q, %v", id, err)
	}
	if id, err := (where{env: "two words\n"}).id(); id != "" || err == nil {
		t.Errorf("id = %q, %v", id, err)
	}
}
