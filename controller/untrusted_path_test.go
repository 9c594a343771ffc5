package controller

import (
	"fmt"
	"strings"
	"testing"
)

// A label's path has one stat at a time, and few that hang at all.
func TestUntrustedPaths(t *testing.T) {
	var p untrustedPaths
	dir := t.TempDir()
	for _, path := range []string{"", "relative", "/" + strings.Repeat("x", maxPath), dir + "/gone", "/x\x00y"} {
		if p.stat(path) != nil {
			t.Errorf("%.40q has a stat", path)
		}
	}
	if info := p.stat(dir); info == nil || !info.IsDir() || len(p.running) != 0 {
		t.Fatalf("stat = %v, under way %v", info, p.running)
	}
	if !p.begin(dir) || p.stat(dir) != nil {
		t.Error("a second stat while the first hangs")
	}
	for i := 1; i < maxStats; i++ {
		if !p.begin(fmt.Sprintf("/hangs/%d", i)) {
			t.Fatal("too few may hang")
		}
	}
	if p.stat(t.TempDir()) != nil {
		t.Error("hanging stats pile up")
	}
	p.end(dir)
	if p.stat(dir) == nil {
		t.Error("no stat after the first ended")
	}
}
