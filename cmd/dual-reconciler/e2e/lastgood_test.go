package e2e

import (
	"strings"
	"testing"
)

// TestLastGood breaks a manifest in each way that people break manifests, beside one that is edited and one that is deleted.
func TestLastGood(t *testing.T) {
	for _, broken := range []struct {
		name string
		// edit breaks a whole manifest; says is what the controller reports.
		edit func(whole string) string
		says string
		// holds: the file could hide anything, so no removal goes on while it is broken.
		holds bool
		// named: the next controller can still read whose document it is.
		named bool
	}{
		{"syntax", func(s string) string { return strings.Replace(s, "image: busybox", "image: [busybox", 1) }, "bad.yaml:", true, false},
		{"field", func(s string) string { return strings.Replace(s, "image: busybox", "imgae: busybox", 1) }, "did you mean", false, true},
		{"empty", func(string) string { return "" }, "bad.yaml", true, false},
		{"half", func(s string) string { return s[:strings.Index(s, "  name:")+3] }, "bad.yaml", true, false},
		{"half a name", func(s string) string { return s[:strings.Index(s, "-bad\n")+2] }, "bad.yaml", true, false},
		{"half a field", func(s string) string { return s[:strings.Index(s, "busybox")-3] }, "bad.yaml:6:3", true, true},
	} {
		t.Run(broken.name, func(t *testing.T) {
			b := newBench(t)
			whole := b.sleeper("bad", "env: [{name: A, value: b}]")
			b.Write("bad.yaml", whole)
			b.Write("edited.yaml", b.sleeper("edited"))
			b.Write("deleted.yaml", b.sleeper("deleted"))
			loop := b.Run(quick...)
			bad, edited, deleted := b.Running("bad"), b.Running("edited"), b.Running("deleted")
			b.Apply(0)

			b.Put("bad.yaml", broken.edit(whole))
			loop.WaitLog(broken.says)
			b.Delete("deleted.yaml")
			b.Write("edited.yaml", b.sleeper("edited", "env: [{name: A, value: b}]"))
			edited = b.Replaced("edited", edited)
			stay := map[string]*inspected{"bad": bad, "edited": edited}
			if broken.holds {
				stay["deleted"] = deleted
			} else {
				b.Gone("deleted")
			}
			b.Stays("while a file is broken", stay)
			b.Shows("bad", "InvalidManifest", "bad.yaml")

			// The next controller has never read the file whole: the container's label is its memory.
			loop.Kill()
			loop = b.Run(quick...)
			b.Stays("in the next controller", stay)
			if broken.named {
				b.Shows("bad", "InvalidManifest", "bad.yaml")
			} else {
				b.Shows("bad", "Held", "removals wait until bad.yaml")
			}
			if broken.holds {
				b.Shows("deleted", "Held", "removals wait until bad.yaml")
			}
			// Last good is in force, not merely left alone.
			b.docker("kill", bad.ID)
			if healed := b.Running("bad"); healed.ID != bad.ID {
				t.Errorf("healed as another container")
			}
			bad = b.Running("bad")

			b.Write("bad.yaml", whole)
			b.Gone("deleted")
			b.Shows("bad", "Running")
			b.Same("bad", bad)
			loop.Expect(0, "recreate", "bad")
		})
	}
}
