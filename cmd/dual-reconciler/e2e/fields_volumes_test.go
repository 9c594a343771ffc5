package e2e

import (
	"strings"
	"testing"
)

// TestVolumesOfAUser has workspaces that are not root, and looks from inside at whether they can write to their volumes.
func TestVolumesOfAUser(t *testing.T) {
	b := newBench(t)
	foreign := b.Name("foreign")
	b.docker("volume", "create", foreign)
	t.Cleanup(func() { _, _ = b.tryDocker("volume", "rm", "-f", foreign) })
	b.mkdir(b.Dir + "/src")
	volume := func(short, target string) string {
		return "  - {type: volume, name: " + b.Name(short) + ", target: " + target + "}"
	}
	b.Write("plain.yaml", b.sleeper("plain", `securityContext: {user: "1234:5678"}`, "source: {path: ./src}", "mounts:",
		volume("deep", "/srv/a/b"), volume("modules", "/workspace/node_modules"), volume("foreign", "/foreign")))
	b.Write("narrow.yaml", b.sleeper("narrow", "network: none",
		`securityContext: {user: "1000", readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}`,
		"mounts:", volume("narrow", "/data")))
	// The user of the image.
	ref := "dual-test/" + b.Prefix + "user:dev"
	maker := b.docker("create", "--label", "dual.dev/instance="+b.Instance, "busybox", "true")
	b.docker("commit", "--change", "USER 4321", maker, ref)
	b.docker("rm", maker)
	t.Cleanup(func() {
		b.sweep()
		_, _ = b.tryDocker("rmi", ref)
	})
	b.Write("image.yaml", strings.Replace(b.sleeper("image", "mounts:", volume("image", "/data")), "image: busybox", "image: "+ref, 1))
	b.Apply(0)
	for _, tt := range []struct{ short, path string }{
		{"plain", "/srv/a/b"}, {"plain", "/workspace/node_modules"}, {"narrow", "/data"}, {"image", "/data"},
	} {
		if got := b.Inside(tt.short, "sh", "-c", "echo kept >$0/file && cat $0/file", tt.path); got != "kept" {
			t.Errorf("%s: %s: %q", tt.short, tt.path, got)
		}
	}
	if out, err := b.tryInside("plain", "touch", "/foreign/file"); err == nil {
		t.Errorf("the owner of a volume that was there before was changed: %s", out)
	}
	if left := b.containers("name=" + b.Prefix); len(left) != 3 {
		t.Errorf("containers %v, want those of the three workspaces", left)
	}
	before := b.Look("plain")
	b.Write("plain.yaml", b.sleeper("plain", `securityContext: {user: "1234:5678"}`, "env: [{name: A, value: b}]", "mounts:", volume("deep", "/srv/a/b")))
	b.Apply(0)
	b.Replaced("plain", before)
	if got := b.Inside("plain", "sh", "-c", "cat /srv/a/b/file && echo more >>/srv/a/b/file && tail -n 1 /srv/a/b/file"); got != "kept\nmore" {
		t.Errorf("after a replacement: %q", got)
	}
}
