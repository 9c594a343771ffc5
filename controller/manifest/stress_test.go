package manifest

import (
	"os"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// TestRenamesDuringReadsLoseNothing reads while files move about: a name that is somewhere all the time is in every
// snapshot that claims to know what is absent, except for a moment that the prune delay outlasts.
func TestRenamesDuringReadsLoseNothing(t *testing.T) {
	f := newFixture(t)
	f.write("a/shop.yaml", doc("shop", "node:20"))
	f.write("b/other.yaml", doc("other", "node:20"))
	f.write("z/other2.yaml", doc("other2", "node:20"))
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		paths := []string{f.path("a/shop.yaml"), f.path("z/shop.yaml")}
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := os.Rename(paths[i%2], paths[(i+1)%2]); err != nil {
				done <- err
				return
			}
		}
	}()
	absent, longest := 0, 0
	for range 500 {
		s := f.load()
		for _, p := range s.Problems {
			if p.Reason != v1alpha1.ReasonDuplicateName {
				t.Errorf("a rename is no fault: %+v", p)
			}
		}
		if s.Workspaces["shop"] == nil && len(s.Holds) == 0 {
			absent++
		} else {
			absent = 0
		}
		longest = max(longest, absent)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if longest > 2 {
		t.Errorf("absent in %d complete snapshots in a row", longest)
	}
	f.load()
	f.want("other2=node:20 other=node:20 shop=node:20")
}
