package e2e

import (
	"strings"
	"testing"
)

// TestTmpfs looks at the options of a mount in memory from inside, and at what a change of them does.
func TestTmpfs(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a",
		"mounts:",
		"  - {type: tmpfs, target: /run/tool, tmpfs: {size: 2Mi}}",
		"  - {type: tmpfs, target: /data, tmpfs: {exec: false}}"))
	b.Apply(0)
	script := `printf '#!/bin/sh\necho runs\n' >$0/x; chmod +x $0/x; $0/x`
	if got := b.Inside("a", "sh", "-c", script, "/run/tool"); got != "runs" {
		t.Errorf("a program in a tmpfs: %q", got)
	}
	if got := b.Inside("a", "sh", "-c", "grep ' /run/tool ' /proc/mounts"); !strings.Contains(got, "size=2048k") {
		t.Errorf("/run/tool is %q, want size=2048k", got)
	}
	if out, err := b.tryInside("a", "sh", "-c", script, "/data"); err == nil || !strings.Contains(out, "Permission denied") {
		t.Errorf("a program in a tmpfs with exec: false: %v: %s", err, out)
	}
	before := b.Look("a")
	b.Write("a.yaml", b.sleeper("a",
		"mounts:",
		"  - {type: tmpfs, target: /run/tool, tmpfs: {size: 2048Ki, exec: true}}",
		"  - {type: tmpfs, target: /data, tmpfs: {exec: false}}"))
	b.Apply(0)
	b.Same("a", before)
	b.Write("a.yaml", b.sleeper("a", "mounts: [{type: tmpfs, target: /run/tool, tmpfs: {size: 4Mi}}]"))
	if r := b.Do("diff"); !strings.Contains(r.Stdout, "spec.mounts[/run/tool] tmpfs size=2Mi → tmpfs size=4Mi") {
		t.Errorf("diff does not name the size:\n%s%s", r.Stdout, r.Stderr)
	}
}
