package e2e

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestExecInput(t *testing.T) {
	b := shellBench(t)
	a := b.Name("a")
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for name, tt := range map[string]struct {
		in   io.Reader
		args []string
		want string
	}{
		"a pipe without -i":   {strings.NewReader("x\n"), []string{a, "--", "cat"}, "x\n"},
		"a pipe with -i":      {strings.NewReader("x\n"), []string{"-i", a, "--", "cat"}, "x\n"},
		"switched off":        {strings.NewReader("x\n"), []string{"-i=false", a, "--", "cat"}, ""},
		"/dev/null":           {nil, []string{a, "--", "cat"}, ""},
		"/dev/null with -i":   {nil, []string{"-i", a, "--", "cat"}, ""},
		"every byte":          {bytes.NewReader(every), []string{a, "--", "cat"}, string(every)},
		"output after input":  {strings.NewReader("3\n1\n2\n"), []string{a, "--", "sort"}, "1\n2\n3\n"},
		"input that is empty": {strings.NewReader(""), []string{a, "--", "cat"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if r := b.Exec(tt.in, tt.args...); r.Code != 0 || r.Stdout != tt.want || r.Stderr != "" {
				t.Errorf("exec = %+v", r)
			}
		})
	}
	t.Run("closed", func(t *testing.T) {
		cmd := b.exec(a, "--", "cat")
		shell := exec.Command("sh", append([]string{"-c", `exec "$0" "$@" <&-`}, cmd.Args...)...)
		shell.Env, shell.Dir = cmd.Env, cmd.Dir
		if out, err := shell.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("a file", func(t *testing.T) {
		cmd := b.exec(a, "--", "wc", "-c")
		f, err := os.Open(binary)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdin = f
		out, err := cmd.Output()
		var size int64
		for _, digit := range strings.TrimSpace(string(out)) {
			size = 10*size + int64(digit-'0')
		}
		if err != nil || size != info.Size() {
			t.Errorf("wc -c: %v: %s, want %d", err, out, info.Size())
		}
	})
}

// TestExecInputStaysOpen: the end of the command ends us, whether or not anybody will ever write to us.
func TestExecInputStaysOpen(t *testing.T) {
	b := shellBench(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := b.exec(b.Name("a"), "--", "sh", "-c", "exit 3")
	cmd.Stdin = r
	if code := endOf(t, cmd); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
}

// endOf runs a program and fails the test where it does not end.
func endOf(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return ends(t, cmd)
}

// ends waits for a program that was started.
func ends(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	stuck := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	if !stuck.Stop() {
		t.Fatalf("%v did not end", cmd.Args)
	}
	return cmd.ProcessState.ExitCode()
}

// TestExecBulk: 100 MB there and back, bit by bit.
func TestExecBulk(t *testing.T) {
	b := shellBench(t)
	const size = 100 << 20
	sent, got := sha256.New(), sha256.New()
	cmd := b.exec(b.Name("a"), "--", "cat")
	cmd.Stdin = io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), size), sent)
	counted := &counter{}
	cmd.Stdout = io.MultiWriter(got, counted)
	if code := endOf(t, cmd); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if n := counted.n.Load(); n != size || !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Errorf("%d of %d bytes came back, and not the same", n, size)
	}
}

type counter struct{ n atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// TestExecBackpressure: nobody reads the output, and so nobody takes more input than the pipes on the way hold.
func TestExecBackpressure(t *testing.T) {
	b := shellBench(t)
	out, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	taken := &counter{}
	cmd := b.exec(b.Name("a"), "--", "cat")
	cmd.Stdin, cmd.Stdout = io.TeeReader(rand.NewChaCha8([32]byte{2}), taken), outW
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	outW.Close()
	last, still := int64(-1), 0
	b.Eventually("the input is not taken any more", func() string {
		n := taken.n.Load()
		if still++; n != last || n == 0 {
			last, still = n, 0
		}
		if still < 10 {
			return "it still is"
		}
		return ""
	})
	const most = 64 << 20
	if last > most {
		t.Errorf("%d bytes were taken while nobody read", last)
	}
	out.Close()
	if code := ends(t, cmd); code != 128+13 {
		t.Errorf("exit code %d after the reader went away, want %d", code, 128+13)
	}
}

// TestExecReaderGone: yes | head ends both here and in the workspace.
func TestExecReaderGone(t *testing.T) {
	b := shellBench(t)
	cmd := b.exec(b.Name("a"), "--", "yes", "unmistakable")
	shell := exec.Command("bash", append([]string{"-c", `"$0" "$@" | head -1; echo ${PIPESTATUS[0]}`}, cmd.Args...)...)
	shell.Env, shell.Dir = cmd.Env, cmd.Dir
	out, err := shell.CombinedOutput()
	if err != nil || string(out) != "unmistakable\n141\n" {
		t.Errorf("%v: %s", err, out)
	}
	b.NoProcess("a", "unmistakable")
}

// NoProcess waits until no process of the workspace has the text in its command line.
func (b *bench) NoProcess(short, text string) {
	b.Helper()
	b.Eventually("no process "+text, func() string {
		for line := range strings.Lines(b.Inside(short, "ps")) {
			if strings.Contains(line, text) {
				return "so far: " + line
			}
		}
		return ""
	})
}

// HasProcess waits until one has.
func (b *bench) HasProcess(short, text string) {
	b.Helper()
	b.Eventually("a process "+text, func() string {
		if ps := b.Inside(short, "ps"); !strings.Contains(ps, text) {
			return "so far: " + ps
		}
		return ""
	})
}
