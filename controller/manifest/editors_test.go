package manifest

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestEditors saves a manifest in the ways that editors do, while a source follows.
func TestEditors(t *testing.T) {
	before := doc("shop", "node:20") + "---\n" + doc("blog", "ruby:3")
	after := doc("shop", "node:22") + "---\n" + doc("blog", "ruby:3")
	half := doc("shop", "node:22") // A whole manifest by itself.
	pause := func(f *following) { f.untilRead() }
	for _, tt := range []struct {
		name, needs string
		save        func(f *following)
	}{
		{"vim by rename", "vim", func(f *following) {
			f.command("vim", "-Nu", "NONE", "-es", "-c", "set backup writebackup backupcopy=no", "-c", "%s/node:20/node:22/", "-c", "wq", "a.yaml")
		}},
		{"vim in place", "vim", func(f *following) {
			f.command("vim", "-Nu", "NONE", "-es", "-c", "set nobackup backupcopy=yes", "-c", "%s/node:20/node:22/", "-c", "wq", "a.yaml")
		}},
		{"rename-save in slow motion", "", func(f *following) {
			f.write("4913", "")
			f.must(os.Remove(f.path("4913")))
			f.must(os.Rename(f.path("a.yaml"), f.path("a.yaml~")))
			pause(f)
			f.write("a.yaml", after)
			f.must(os.Remove(f.path("a.yaml~")))
		}},
		{"atomic rename", "", func(f *following) {
			f.write(".a.yaml.tmp", after)
			f.must(os.Rename(f.path(".a.yaml.tmp"), f.path("a.yaml")))
		}},
		{"sed -i", "sed", func(f *following) { f.command("sed", "-i", "s/node:20/node:22/", "a.yaml") }},
		{"two halves, kept open", "", func(f *following) {
			w, err := os.Create(f.path("a.yaml"))
			f.must(err)
			defer w.Close()
			pause(f)
			_, err = w.WriteString(half)
			f.must(err)
			pause(f)
			_, err = w.WriteString(after[len(half):])
			f.must(err)
		}},
		{"two halves, closed in the middle of a line", "", func(f *following) {
			f.write("a.yaml", after[:len(half)-3])
			pause(f)
			w, err := os.OpenFile(f.path("a.yaml"), os.O_APPEND|os.O_WRONLY, 0)
			f.must(err)
			_, err = w.WriteString(after[len(half)-3:])
			f.must(err)
			f.must(w.Close())
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := exec.LookPath(tt.needs); tt.needs != "" && err != nil {
				t.Skip("no " + tt.needs)
			}
			f := newFixture(t)
			f.l = NewLoader(f.dir, WithSettle(time.Minute), WithEngineSockets([]string{"/run/docker.sock"}))
			f.write("a.yaml", before)
			fl := f.follow()
			fl.await("blog=ruby:3 shop=node:20")
			tt.save(fl)
			fl.await("blog=ruby:3 shop=node:22")
			fl.stop()
			for _, s := range fl.seen {
				// Gone for a moment is what the prune delay is for. Half of it must never be seen.
				if got := summary(s); got != "" && got != "blog=ruby:3 shop=node:20" && got != "blog=ruby:3 shop=node:22" {
					t.Errorf("a snapshot says %q", got)
				}
			}
		})
	}
}

// untilRead waits until the directory, as it is now, has been read. The loader must have the system's clock.
func (fl *following) untilRead() {
	fl.t.Helper()
	asked := time.Now()
	fl.s.Rescan()
	fl.until("a read", func(s *Snapshot) bool { return s.Began.After(asked) })
}

func (fl *following) command(name string, args ...string) {
	fl.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = fl.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		fl.t.Fatalf("%s: %v: %s", name, err, out)
	}
}
