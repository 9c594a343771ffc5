package hostfile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	file, sub, link := filepath.Join(dir, "file"), filepath.Join(dir, "dir"), filepath.Join(dir, "link")
	write(t, file, "1")
	do(t, os.Mkdir(sub, 0o755))
	do(t, os.Symlink("file", link))
	seen := func(path string) string { return Host{}.Look(path).ID.String() }
	first, firstDir := seen(file), seen(sub)
	if first == "" || first != seen(link) || first == firstDir || !(Host{}).Look(sub).Dir || (Host{}).Look(file).Dir {
		t.Fatalf("file %s, link %s, directory %s", first, seen(link), firstDir)
	}
	write(t, file, "in place")
	write(t, filepath.Join(sub, "new"), "")
	do(t, os.Chmod(file, 0o600))
	do(t, os.Rename(file, file+".moved"))
	do(t, os.Rename(file+".moved", file))
	if seen(file) != first || seen(sub) != firstDir {
		t.Error("what was written, renamed, or given a mode is another file")
	}
	// Many times, because file systems give numbers out again.
	for range 20 {
		before, beforeDir := seen(file), seen(sub)
		do(t, os.Remove(file))
		write(t, file, "again")
		do(t, os.RemoveAll(sub))
		do(t, os.Mkdir(sub, 0o755))
		if seen(file) == before || seen(sub) == beforeDir {
			t.Fatal("what was removed and made anew is the same file")
		}
	}
	before := seen(link)
	do(t, os.Remove(link))
	do(t, os.Symlink("dir", link))
	if seen(link) == before || seen(link) != seen(sub) {
		t.Error("a link is not followed")
	}
	for _, path := range []string{filepath.Join(dir, "absent"), filepath.Join(file, "below")} {
		if f := (Host{}).Look(path); !f.Missing || f.ID.String() != "" {
			t.Errorf("%s: %+v", path, f)
		}
	}
}

func TestSettling(t *testing.T) {
	dir := t.TempDir()
	git := filepath.Join(dir, ".git")
	want := func(what string, empty, busy bool) {
		t.Helper()
		if s := (Host{}).Settling(dir); s.Empty != empty || (s.Busy != "") != busy {
			t.Errorf("%s: %+v", what, s)
		}
	}
	want("empty", true, false)
	write(t, filepath.Join(dir, "README"), "")
	want("a file", false, false)
	do(t, os.MkdirAll(filepath.Join(git, "objects", "pack"), 0o755))
	pack := filepath.Join(git, "objects", "pack", "tmp_pack_x")
	write(t, pack, "")
	want("a clone that fetches", false, true)
	long := time.Now().Add(-time.Hour)
	for _, path := range []string{pack, filepath.Dir(pack), filepath.Join(git, "objects"), git} {
		do(t, os.Chtimes(path, long, long))
	}
	want("a clone that was given up", false, false)
	lock := filepath.Join(git, "index.lock")
	write(t, lock, "")
	want("a checkout", false, true)
	do(t, os.Chtimes(lock, long, long))
	write(t, filepath.Join(git, "index"), "")
	want("a lock that was left", false, false)
	do(t, os.Remove(lock))
	want("a clone that is done", false, false)
}
