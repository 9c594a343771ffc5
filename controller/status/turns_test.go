package status

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTurnsOfAllProcesses: each Turns opens the file itself, as each process does.
func TestTurnsOfAllProcesses(t *testing.T) {
	dir := t.TempDir()
	var one, two, other Turns
	one.at(dir, "engine")
	two.at(dir, "engine")
	other.at(dir, "another engine")
	left, ok := one.Leave()
	if !ok {
		t.Fatal("the first to leave has to wait")
	}
	again, ok := two.Leave()
	if !ok {
		t.Fatal("two cannot leave at a time")
	}
	for name, turns := range map[string]*Turns{"the same process": &one, "another process": &two} {
		if _, ok := turns.Rename(); ok {
			t.Errorf("a rename of %s begins while two leave", name)
		}
	}
	if done, ok := other.Rename(); !ok {
		t.Error("another engine's rename has to wait")
	} else {
		done()
	}
	left()
	if _, ok := two.Rename(); ok {
		t.Error("a rename begins while one leaves")
	}
	again()
	renamed, ok := two.Rename()
	if !ok {
		t.Fatal("a rename has to wait for nobody")
	}
	if _, ok := one.Leave(); ok {
		t.Error("one leaves while another is renamed")
	}
	renamed()
	if done, ok := one.Leave(); !ok {
		t.Error("after the rename one still has to wait")
	} else {
		done()
	}
}

// TestTurnsWithoutAFile: what cannot be locked, as a link that somebody laid out, keeps nobody from working.
func TestTurnsWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	var none, linked Turns
	linked.at(dir, "engine")
	if err := os.Symlink(victim, linked.path); err != nil {
		t.Fatal(err)
	}
	for name, turns := range map[string]*Turns{"no engine yet": &none, "a link": &linked} {
		for kind, take := range map[string]func() (func(), bool){"leave": turns.Leave, "rename": turns.Rename} {
			if done, ok := take(); !ok {
				t.Errorf("%s: %s has to wait", name, kind)
			} else {
				done()
			}
		}
	}
	if _, err := os.Lstat(victim); !os.IsNotExist(err) {
		t.Errorf("the link was followed: %v", err)
	}
}
