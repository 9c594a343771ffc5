package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// must fails the test on the first error of a script of system calls.
func (b *bench) must(errs ...error) {
	b.Helper()
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}

func (b *bench) path(file string) string { return filepath.Join(b.Dir, file) }

// vimSave makes the system calls of vim with its default options: a probe whether files can be made here, the old file
// renamed to a backup, a new one written and synced, the backup deleted.
func vimSave(b *bench, file, content string) {
	probe, err := os.OpenFile(b.path("4913"), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	b.must(err, probe.Close(), os.Remove(b.path("4913")))
	b.must(os.Rename(b.path(file), b.path(file+"~")))
	f, err := os.OpenFile(b.path(file), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	b.must(err)
	_, err = f.WriteString(content)
	b.must(err, f.Sync(), f.Close(), os.Remove(b.path(file+"~")))
}

// TestEditors saves the same edit as different tools do: one replacement each, and no moment without the workspace.
func TestEditors(t *testing.T) {
	saves := map[string]func(b *bench, file, content string){
		"vim":    vimSave,
		"rename": func(b *bench, file, content string) { b.Write(file, content) },
		"inplace": func(b *bench, file, content string) {
			b.Put(file, content)
		},
		"sed": func(b *bench, file, _ string) {
			if out, err := exec.Command("sed", "-i", "s/red/blue/", b.path(file)).CombinedOutput(); err != nil {
				b.Fatalf("sed: %v: %s", err, out)
			}
		},
	}
	b := newBench(t)
	b.Write("other.yaml", b.sleeper("other"))
	for name := range saves {
		b.Write(name+".yaml", b.coloured(name, "red"))
	}
	loop := b.Run(quick...)
	other := b.Running("other")
	for name := range saves {
		b.Colour(name, "red")
	}
	// What vim keeps beside an open file is no manifest.
	b.Put(".vim.yaml.swp", "b0VIM 9.0\x00")
	for name, save := range saves {
		save(b, name+".yaml", b.coloured(name, "blue"))
	}
	for name := range saves {
		b.Colour(name, "blue")
	}
	b.Apply(0)
	for name := range saves {
		loop.Expect(1, "recreate", name)
		loop.Expect(1, "create", name)
		loop.Expect(0, "remove", name)
	}
	b.Same("other", other)
}

// TestWrittenInTwoHalves has a second between the halves: the subject is that a real writer takes real time.
func TestWrittenInTwoHalves(t *testing.T) {
	b := newBench(t)
	// The line that the edit changes comes last, so that the first half is valid on its own, and means something else.
	manifest := func(short, colour string) string {
		return b.coloured(short, colour) + "  hostname: host-" + colour + "\n"
	}
	// open keeps its file open all the time; line ends its first half in the middle of a line; prefix after a whole line.
	shorts := []string{"open", "line", "prefix"}
	for _, short := range shorts {
		b.Write(short+".yaml", manifest(short, "red"))
	}
	loop := b.Run(quick...)
	for _, short := range shorts {
		b.Colour(short, "red")
	}
	b.Apply(0)

	blue := manifest("open", "blue")
	at := len(b.coloured("open", "blue"))
	f, err := os.OpenFile(b.path("open.yaml"), os.O_WRONLY|os.O_TRUNC, 0)
	b.must(err)
	defer func() { _ = f.Close() }() // Closed below, unless the test ends before.
	_, err = f.WriteString(blue[:at])
	b.must(err)
	line := manifest("line", "blue")
	middle := len(b.coloured("line", "blue")) - 3
	b.Put("line.yaml", line[:middle])
	// Only the end differs here: the first half is the beginning of the file as it was.
	prefix := b.coloured("prefix", "red") + "  hostname: host-blue\n"
	b.Put("prefix.yaml", prefix[:len(b.coloured("prefix", "red"))])

	second := time.NewTimer(time.Second)
	defer second.Stop()
	<-second.C
	_, err = f.WriteString(blue[at:])
	b.must(err, f.Close())
	for short, rest := range map[string]string{"line": line[middle:], "prefix": prefix[len(b.coloured("prefix", "red")):]} {
		f, err := os.OpenFile(b.path(short+".yaml"), os.O_WRONLY|os.O_APPEND, 0)
		b.must(err)
		_, err = f.WriteString(rest)
		b.must(err, f.Close())
	}
	for _, short := range shorts {
		b.Until(short, "has its new host name", func(c *inspected) string {
			if !c.State.Running || c.Config.Hostname != "host-blue" {
				return c.State.Status + " as " + c.Config.Hostname
			}
			return ""
		})
	}
	b.Apply(0)
	for _, short := range shorts {
		loop.Expect(1, "recreate", short)
		loop.Expect(1, "create", short)
	}
}

// TestConfigMap edits and removes as a kubelet does: every file is a link through ..data, which is swapped.
func TestConfigMap(t *testing.T) {
	b := newBench(t)
	publish := func(version string, files map[string]string) {
		b.must(os.Mkdir(b.path(version), 0o755))
		for file, content := range files {
			b.must(os.WriteFile(filepath.Join(b.path(version), file), []byte(content), 0o644))
		}
		before, _ := os.Readlink(b.path("..data"))
		b.must(os.Symlink(version, b.path("..data_tmp")), os.Rename(b.path("..data_tmp"), b.path("..data")))
		for file := range files {
			if _, err := os.Lstat(b.path(file)); err != nil {
				b.must(os.Symlink(filepath.Join("..data", file), b.path(file)))
			}
		}
		for _, file := range []string{"a.yaml", "b.yaml"} {
			if files[file] == "" {
				b.must(os.Remove(b.path(file)))
			}
		}
		if before != "" {
			b.must(os.RemoveAll(b.path(before)))
		}
	}
	publish("..v1", map[string]string{"a.yaml": b.coloured("a", "red"), "b.yaml": b.sleeper("b")})
	loop := b.Run(quick...)
	b.Colour("a", "red")
	other := b.Running("b")
	publish("..v2", map[string]string{"a.yaml": b.coloured("a", "blue"), "b.yaml": b.sleeper("b")})
	a := b.Colour("a", "blue")
	b.Same("b", other)
	publish("..v3", map[string]string{"a.yaml": b.coloured("a", "blue")})
	b.Gone("b")
	b.Same("a", a)
	loop.Expect(1, "recreate", "a")
	loop.Expect(0, "recreate", "b")
}
