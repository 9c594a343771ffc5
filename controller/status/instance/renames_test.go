package instance

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRenameLockOfAllProcesses uses several RenameLocks: each opens the file itself, as each process does.
func TestRenameLockOfAllProcesses(t *testing.T) {
	dir := t.TempDir()
	var one, two, other RenameLock
	one.setPath(dir, "engine")
	two.setPath(dir, "engine")
	other.setPath(dir, "another engine")
	detached, ok := one.TryDetach()
	if !ok {
		t.Fatal("the first detachment has to wait")
	}
	again, ok := two.TryDetach()
	if !ok {
		t.Fatal("two detachments cannot share the lock")
	}
	for name, lock := range map[string]*RenameLock{"the same process": &one, "another process": &two} {
		if _, ok := lock.TryRename(); ok {
			t.Errorf("a rename of %s begins during two detachments", name)
		}
	}
	if done, ok := other.TryRename(); !ok {
		t.Error("another engine's rename has to wait")
	} else {
		done()
	}
	detached()
	if _, ok := two.TryRename(); ok {
		t.Error("a rename begins during a detachment")
	}
	again()
	renamed, ok := two.TryRename()
	if !ok {
		t.Fatal("a rename has to wait, although nothing holds the lock")
	}
	if _, ok := one.TryDetach(); ok {
		t.Error("a detachment begins during a rename")
	}
	renamed()
	if done, ok := one.TryDetach(); !ok {
		t.Error("a detachment has to wait after the rename")
	} else {
		done()
	}
}

// TestRenameLockWithoutAFile: a file that cannot be locked, such as a link that another user made, delays no call.
func TestRenameLockWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	var none, linked RenameLock
	linked.setPath(dir, "engine")
	if err := os.Symlink(victim, linked.path); err != nil {
		t.Fatal(err)
	}
	for name, lock := range map[string]*RenameLock{"no engine yet": &none, "a link": &linked} {
		for kind, take := range map[string]func() (func(), bool){"detach": lock.TryDetach, "rename": lock.TryRename} {
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
