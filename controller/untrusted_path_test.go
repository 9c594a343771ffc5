package controller

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestUntrustedPaths(t *testing.T) {
	p := newUntrustedPaths()
	dir := t.TempDir()
	for _, path := range []string{"", "relative", "/" + strings.Repeat("x", maxPath), dir + "/gone", "/x\x00y"} {
		if p.stat(path) != nil {
			t.Errorf("%.40q has a stat", path)
		}
	}
	if info := p.stat(dir); info == nil || !info.IsDir() {
		t.Fatalf("stat = %v", info)
	}
}

// All containers of a directory carry the same path: whoever asks while a stat of it runs gets that stat's answer.
func TestUntrustedPathsAnswerEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newUntrustedPaths()
		answer := make(chan struct{})
		stats := 0
		p.lookup = func(string) (fs.FileInfo, error) {
			stats++
			<-answer
			return os.Stat("/")
		}
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				if p.stat("/shared") == nil {
					t.Error("a caller got no answer")
				}
			})
		}
		synctest.Wait()
		close(answer)
		callers.Wait()
		if stats != 1 {
			t.Errorf("%d stats for one path, want one", stats)
		}
	})
}

// A path that never answers delays its callers for a bounded time, and few of them hang.
func TestUntrustedPathsThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newUntrustedPaths()
		release := make(chan struct{})
		p.lookup = func(path string) (fs.FileInfo, error) {
			if strings.HasPrefix(path, "/hangs/") {
				<-release
			}
			return os.Stat("/")
		}
		began := time.Now()
		var callers sync.WaitGroup
		for i := range maxStats {
			callers.Go(func() {
				if p.stat(fmt.Sprintf("/hangs/%d", i)) != nil {
					t.Error("a stat that hangs has an answer")
				}
			})
		}
		callers.Wait()
		if waited := time.Since(began); waited != statWithin {
			t.Errorf("callers waited for %s, want %s", waited, statWithin)
		}
		if p.stat("/another") != nil {
			t.Error("stats that hang pile up")
		}
		close(release)
		synctest.Wait()
		if p.stat("/another") == nil {
			t.Error("no stat after the others ended")
		}
	})
}
