package e2e

import (
	"strings"
	"testing"
)

// breakage is a way in which people break manifests.
type breakage struct {
	short string
	// edit breaks a whole manifest of the workspace; says is what the controller reports.
	edit func(whole string) string
	says string
	// named: the next controller can still read whose document it is.
	named bool
}

// TestLastGood breaks manifests so that their contents are unknown, and removals are held. Another one is edited, and another
// one is deleted.
func TestLastGood(t *testing.T) {
	lastGood(t, true, []breakage{
		{"syntax", func(s string) string { return strings.Replace(s, "image: busybox", "image: [busybox", 1) }, "syntax.yaml:", false},
		{"empty", func(string) string { return "" }, "empty.yaml", false},
		{"half", func(s string) string { return s[:strings.Index(s, "  name:")+3] }, "half.yaml", false},
		{"name", func(s string) string { return s[:strings.Index(s, "-name\n")+2] }, "name.yaml", false},
		{"part", func(s string) string { return s[:strings.Index(s, "busybox")-3] }, "part.yaml:6:3", true},
	})
}

// TestLastGoodOfAField breaks a manifest in a way that hides no other document: removals continue.
func TestLastGoodOfAField(t *testing.T) {
	lastGood(t, false, []breakage{
		{"field", func(s string) string { return strings.Replace(s, "image: busybox", "imgae: busybox", 1) }, "did you mean", true},
	})
}

func lastGood(t *testing.T, holds bool, all []breakage) {
	b := newBench(t)
	whole := func(short string) string { return b.sleeper(short, "env: [{name: A, value: b}]") }
	for _, broken := range all {
		b.Write(broken.short+".yaml", whole(broken.short))
	}
	b.Write("edited.yaml", b.sleeper("edited"))
	b.Write("deleted.yaml", b.sleeper("deleted"))
	loop := b.Run(quick...)
	stay := map[string]*inspected{}
	for _, broken := range all {
		stay[broken.short] = b.Running(broken.short)
	}
	edited, deleted := b.Running("edited"), b.Running("deleted")
	b.Apply(0)

	for _, broken := range all {
		b.Put(broken.short+".yaml", broken.edit(whole(broken.short)))
		loop.WaitLog(broken.says)
	}
	b.Delete("deleted.yaml")
	b.Write("edited.yaml", whole("edited"))
	stay["edited"] = b.Replaced("edited", edited)
	if holds {
		stay["deleted"] = deleted
	} else {
		b.Gone("deleted")
	}
	b.Stays("while files are broken", stay)
	for _, broken := range all {
		b.Shows(broken.short, "InvalidManifest", broken.short+".yaml")
	}

	// The next controller has never read the files whole: the containers' labels are its memory.
	loop.Kill()
	loop = b.Run(quick...)
	b.Stays("in the next controller", stay)
	for _, broken := range all {
		if broken.named {
			b.Shows(broken.short, "InvalidManifest", broken.short+".yaml")
		} else {
			b.Shows(broken.short, "Held", "removals wait until ")
		}
	}
	if holds {
		b.Shows("deleted", "Held", "removals wait until ")
	}
	// Last good is in force, not merely left alone.
	for _, broken := range all {
		id := stay[broken.short].ID
		b.docker("kill", id)
		if stay[broken.short] = b.Running(broken.short); stay[broken.short].ID != id {
			t.Errorf("%s healed as another container", broken.short)
		}
	}

	for _, broken := range all {
		b.Write(broken.short+".yaml", whole(broken.short))
	}
	b.Gone("deleted")
	for _, broken := range all {
		b.Shows(broken.short, "Running")
		b.Same(broken.short, stay[broken.short])
		loop.Expect(0, "recreate", broken.short)
	}
}
