package manifest

import (
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

func TestHalfWrittenFileIsNotAccepted(t *testing.T) {
	good := doc("shop", "node:20", "setup: pnpm install") + "---\n" + doc("blog", "ruby:3")
	json := `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop"},"spec":{"image":"node:22"}}`
	for _, tt := range []struct {
		name, file, old, text, settled string
		holds                          []HoldReason
	}{
		{"first document of two", "a.yaml", good, doc("shop", "node:20", "setup: pnpm install"), "shop=node:20", nil},
		{"within a line", "a.yaml", good, strings.TrimSuffix(doc("shop", "node:2"), "\n"), "shop=node:2", nil},
		{"at the end of a line", "a.yaml", good, doc("shop", "node:20"), "shop=node:20", nil},
		{"new file", "b.yaml", "", strings.TrimSuffix(doc("shop", "node:2"), "\n"), "shop=node:2", nil},
		{"new empty file", "b.yaml", "", "", "", []HoldReason{HoldEmpty}}, // It holds nothing; no workspace was seen yet.
		{"json", "a.json", json, json[:len(json)-1], "shop=node:22!InvalidManifest", []HoldReason{HoldUnparsable}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			before := ""
			f.write("README", "")
			if tt.old != "" {
				f.write(tt.file, tt.old)
				before = summary(f.want(map[bool]string{true: "blog=ruby:3 shop=node:20", false: "shop=node:22"}[tt.old == good]))
			} else {
				f.load()
			}
			f.write(tt.file, tt.text)
			f.want(before, HoldHalfWritten)
			f.pass(DefaultSettle - time.Millisecond)
			if s := f.want(before, HoldHalfWritten); s.RetryAfter != time.Millisecond {
				t.Errorf("retry after %v", s.RetryAfter)
			}
			f.pass(time.Millisecond)
			f.want(tt.settled, tt.holds...)
		})
	}
}

// What a full disk or a killed editor leaves: the name in the last document may be the first part of another, and
// documents may be missing behind it. Where that document is valid, or the line is whole, there is no such doubt.
func TestCutOffFileHoldsRemovals(t *testing.T) {
	good := doc("shop", "node:20") + "---\n" + doc("shop-web", "ruby:3") + "---\n" + doc("blog", "ruby:3")
	head := doc("shop", "node:20") + "---\napiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata:\n  name: shop-we"
	inForce := "blog=ruby:3!InvalidManifest shop-we=!InvalidManifest shop-web=ruby:3!InvalidManifest shop=node:20"
	for _, tt := range []struct {
		name, text, want string
		holds            []HoldReason
	}{
		{"within a name", head, inForce, []HoldReason{HoldHalfWritten}},
		{"at the end of a line", head + "\n", "shop-we=!InvalidManifest shop=node:20", nil},
		{
			"within a document that is not the last", head + "\n---\n" + strings.TrimSuffix(doc("blog", "ruby:3"), "\n"),
			"blog=ruby:3 shop-we=!InvalidManifest shop=node:20", nil,
		},
		{
			"within a valid document", doc("shop", "node:20") + "---\n" + strings.TrimSuffix(doc("blog", "ruby:3"), ":3\n"),
			"blog=ruby shop=node:20", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.write("a.yaml", good)
			f.want("blog=ruby:3 shop-web=ruby:3 shop=node:20")
			f.write("a.yaml", tt.text)
			f.load()
			f.pass(DefaultSettle)
			s := f.want(tt.want, tt.holds...)
			if len(tt.holds) > 0 && !strings.Contains(s.Holds[0].Message, "a.yaml is fixed, it ends in the middle of a line") {
				t.Errorf("hold: %s", s.Holds[0].Message)
			}
			f.pass(time.Hour)
			f.want(tt.want, tt.holds...)
			f.write("a.yaml", doc("shop", "node:20"))
			f.load()
			f.pass(DefaultSettle)
			f.want("shop=node:20")
		})
	}
}

func TestWholeContentIsBelievedAtOnce(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.write("a.yaml", doc("shop", "node:22"))
	f.want("shop=node:22")
	f.must(os.Remove(f.path("a.yaml")))
	f.write("a.json", `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop"},"spec":{"image":"node:24"}}`)
	f.want("shop=node:24")
}

func TestOldFileIsBelievedOnTheFirstRead(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", strings.TrimSuffix(doc("shop", "node:20"), "\n"))
	f.pass(DefaultSettle + time.Second)
	f.want("shop=node:20")
}

func TestFileOpenForWritingIsNotAccepted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells whether a file is open for writing")
	}
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20")+"---\n"+doc("blog", "ruby:3"))
	f.want("blog=ruby:3 shop=node:20")
	w, err := os.Create(f.path("a.yaml"))
	f.must(err)
	defer w.Close()
	// The first half is a whole manifest of another content: nothing but the open file gives it away.
	_, err = w.WriteString(doc("shop", "node:22"))
	f.must(err)
	f.want("blog=ruby:3 shop=node:20", HoldHalfWritten)
	f.pass(time.Hour)
	if s := f.want("blog=ruby:3 shop=node:20", HoldHalfWritten); s.RetryAfter == 0 || s.RetryAfter > time.Second {
		t.Errorf("retry after %v, but closing the file makes no event", s.RetryAfter)
	}
	_, err = w.WriteString("---\n" + doc("blog", "ruby:4"))
	f.must(err)
	f.must(w.Close())
	f.want("blog=ruby:4 shop=node:22")
}

func TestQuestionAboutWritersDoesNotStopThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGIO)
	defer signal.Stop(signals)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			// This open waits for as long as a lease is held.
			if err := os.WriteFile(path, []byte("x\n"), 0o644); err != nil {
				done <- err
				return
			}
		}
	}()
	for range 3000 {
		if _, err := readFile(path, 100); err != nil {
			t.Fatal(err)
		}
		// Where a lease is still held this open fails at once, and another one waits for up to 45 s.
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatalf("a writer is kept waiting after the question: %v", err)
		}
		_ = unix.Close(fd)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	select {
	case <-signals:
		t.Error("breaking a lease sent SIGIO, which ends a process that does not handle it")
	default:
	}
}

func TestRewriteWithinOneTickIsSeen(t *testing.T) {
	f := newFixture(t)
	for i := range 50 {
		a, b := doc("shop", "node:20"), doc("shop", "node:22")
		f.write("a.yaml", a)
		if got := summary(f.load()); got != "shop=node:20" {
			t.Fatalf("round %d: %s", i, got)
		}
		f.write("a.yaml", b)
		if got := summary(f.load()); got != "shop=node:22" {
			t.Fatalf("round %d: %s", i, got)
		}
	}
}

func TestYoungStampProvesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	b := &blob{path: path}
	r := &reading{now: time.Now(), settle: DefaultSettle}
	var coarse stat.Stamp
	for i, text := range []string{"a\n", "b\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			st, err := stat.Path(path)
			if err != nil {
				t.Fatal(err)
			}
			coarse = st
		}
		// As a file system whose clock ticks slowly has it: the second write changed neither size nor times.
		b.refresh(coarse, r)
		b.seen = coarse
		if b.text != text {
			t.Errorf("%q was read, the file holds %q", b.text, text)
		}
	}
	for _, tt := range []struct {
		nanos int64
		age   time.Duration
		want  bool
	}{{1, time.Millisecond, true}, {1, time.Second, false}, {0, time.Second, true}, {0, 3 * time.Second, false}} {
		st := stat.Stamp{MTime: 1e18 + tt.nanos, CTime: 1e18 + tt.nanos}
		if got := st.Racy(st.Changed().Add(tt.age)); got != tt.want {
			t.Errorf("stamp with %d ns, %v old: racy %v", tt.nanos, tt.age, got)
		}
	}
}
