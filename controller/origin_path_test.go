package controller

import (
	"fmt"
	"strings"
	"testing"
)

// TestLooks: a label's path is looked at once at a time, and few that hang at all.
func TestLooks(t *testing.T) {
	var l looks
	dir := t.TempDir()
	for _, path := range []string{"", "relative", "/" + strings.Repeat("x", maxPath), dir + "/gone", "/x\x00y"} {
		if l.stat(path) != nil {
			t.Errorf("%.40q was looked at", path)
		}
	}
	if info := l.stat(dir); info == nil || !info.IsDir() || len(l.under) != 0 {
		t.Fatalf("stat = %v, under way %v", info, l.under)
	}
	if !l.begin(dir) || l.stat(dir) != nil {
		t.Error("it was looked at while another look hangs")
	}
	for i := 1; i < maxLooks; i++ {
		if !l.begin(fmt.Sprintf("/hangs/%d", i)) {
			t.Fatal("too few may hang")
		}
	}
	if l.stat(t.TempDir()) != nil {
		t.Error("looks pile up")
	}
	l.end(dir)
	if l.stat(dir) == nil {
		t.Error("it is not looked at again")
	}
}
