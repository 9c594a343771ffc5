package manifest

import (
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"
)

func TestLoadSettledWaits(t *testing.T) {
	f := newFixture(t)
	f.l = NewLoader(f.dir, withClock(clock.RealClock{}), WithSettle(300*time.Millisecond), WithoutRevisions())
	f.write("a.yaml", strings.TrimSuffix(doc("a", "img"), "\n"))
	var waited []Unsettled
	s := f.l.LoadSettled(t.Context(), func(u Unsettled) { waited = append(waited, u) })
	if summary(s) != "a=img" || len(s.Unsettled) > 0 || len(s.Holds) > 0 {
		t.Errorf("workspaces %s, unsettled %v, holds %v", summary(s), s.Unsettled, s.Holds)
	}
	if len(waited) == 0 || waited[0].File != f.path("a.yaml") {
		t.Errorf("waited for %v", waited)
	}
	// Somebody keeps it open: that may last for hours.
	open, err := os.OpenFile(f.path("a.yaml"), os.O_RDWR, 0)
	f.must(err)
	defer func() { _ = open.Close() }()
	_, err = open.WriteString("# ")
	f.must(err)
	s = f.l.LoadSettled(t.Context(), func(Unsettled) {})
	if s.Workspaces["a"] == nil {
		t.Errorf("workspaces %s", summary(s))
	}
}

func TestRenamedCompleteFileIsAccepted(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("a", "img"))
	f.want("a=img")
	text := strings.TrimSuffix(doc("a", "img2"), "\n")
	f.write(".tmp", text)
	// As if it had been written a second ago.
	written := time.Now().Add(-time.Second)
	f.must(os.Chtimes(f.path(".tmp"), written, written))
	f.must(os.Rename(f.path(".tmp"), f.path("a.yaml")))
	f.want("a=img2")
	// More is written to it in place: that is not known to be whole.
	f.write("a.yaml", text+"x")
	f.want("a=img2", HoldHalfWritten)
}
