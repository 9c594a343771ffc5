package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a person's: what they type goes into keys, what they see is in screen.
type terminal struct {
	b      *bench
	keys   *os.File
	tty    *os.File
	screen logBuffer
	before *unix.Termios
}

// openPTY opens a pseudo terminal. Closing its keys is what closing a window is.
func openPTY() (keys, tty *os.File, err error) {
	// Not blocking, so that a close ends a read and does not wait for it.
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	keys = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = keys.Close()
		return nil, nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	return keys, tty, nil
}

func (b *bench) sit(rows, columns uint16) *terminal {
	b.Helper()
	keys, tty, err := openPTY()
	if err != nil {
		b.Fatal(err)
	}
	t := &terminal{b: b, keys: keys, tty: tty}
	t.resize(rows, columns)
	t.before = t.settings()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			_, _ = t.screen.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	b.Cleanup(func() { _, _ = tty.Close(), keys.Close() })
	return t
}

func (t *terminal) resize(rows, columns uint16) {
	t.b.Helper()
	if err := unix.IoctlSetWinsize(int(t.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.b.Fatal(err)
	}
}

func (t *terminal) settings() *unix.Termios {
	t.b.Helper()
	s, err := unix.IoctlGetTermios(int(t.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.b.Fatal(err)
	}
	return s
}

// restored fails where the terminal was left in another mode than it was found in.
func (t *terminal) restored() {
	t.b.Helper()
	if now := t.settings(); !reflect.DeepEqual(now, t.before) {
		t.b.Errorf("the terminal was left as %+v, want %+v", now, t.before)
	}
}

// start runs a program with the terminal as its controlling one.
func (t *terminal) start(cmd *exec.Cmd) *exec.Cmd {
	t.b.Helper()
	cmd.Stdin, cmd.Stderr = t.tty, t.tty
	if cmd.Stdout == nil {
		cmd.Stdout = t.tty
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.b.Fatal(err)
	}
	return cmd
}

func (t *terminal) types(keys string) {
	t.b.Helper()
	if _, err := t.keys.WriteString(keys); err != nil {
		t.b.Fatal(err)
	}
}

// shows waits for a text on the screen.
func (t *terminal) shows(text string) {
	t.b.Helper()
	t.b.Eventually("the screen shows "+text, func() string {
		if screen := t.screen.String(); !strings.Contains(screen, text) {
			return "so far: " + screen
		}
		return ""
	})
}

func TestExecTerminal(t *testing.T) {
	b := shellBench(t)
	a := b.Name("a")
	sized := func(size string) string {
		return `until [ "$(stty size)" = "` + size + `" ]; do sleep 0.05; done; echo is ` + size + `; `
	}
	t.Run("size", func(t *testing.T) {
		term := b.sit(31, 101)
		cmd := term.start(b.exec("-it", a, "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && "+sized("31 101")+sized("41 121")+"exit 6"))
		term.shows("is 31 101")
		term.resize(41, 121)
		if code := ends(t, cmd); code != 6 {
			t.Errorf("exit code %d: %s", code, term.screen.String())
		}
		term.restored()
	})
	t.Run("Ctrl-C is the command's", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-t", a, "sh", "-c", `trap "exit 5" INT; echo ready; while :; do sleep 0.1; done`))
		term.shows("ready")
		term.types("\x03")
		if code := ends(t, cmd); code != 5 {
			t.Errorf("exit code %d: %s", code, term.screen.String())
		}
		term.restored()
	})
	t.Run("Ctrl-P is not held back", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-it", a, "sh", "-c", `stty raw -echo; echo ready; head -c1 | xxd -p`))
		term.shows("ready")
		term.types("\x10")
		if code := ends(t, cmd); code != 0 {
			t.Errorf("exit code %d", code)
		}
		term.shows("10")
	})
	t.Run("a shell", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-it", a, "sh"))
		term.types("echo $((40+2))th; exit 9\n")
		term.shows("42th")
		if code := ends(t, cmd); code != 9 {
			t.Errorf("exit code %d", code)
		}
		term.restored()
	})
	t.Run("no such command", func(t *testing.T) {
		term := b.sit(24, 80)
		if code := ends(t, term.start(b.exec("-it", a, "nosuch"))); code != 127 {
			t.Errorf("exit code %d", code)
		}
		term.shows("executable file not found")
		term.restored()
	})
	t.Run("without -t nothing is read", func(t *testing.T) {
		term := b.sit(24, 80)
		if code := ends(t, term.start(b.exec(a, "cat"))); code != 0 {
			t.Errorf("exit code %d", code)
		}
		term.restored()
	})
	t.Run("with -i alone lines are read", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-i", a, "cat"))
		term.types("typed\n\x04")
		if code := ends(t, cmd); code != 0 {
			t.Errorf("exit code %d", code)
		}
		term.shows("typed\r\ntyped")
	})
}

// TestExecTerminalLost: whatever ends us, the terminal is as it was and the command does not go on.
func TestExecTerminalLost(t *testing.T) {
	b := shellBench(t)
	t.Run("terminated", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-it", b.Name("a"), "sh", "-c", "echo ready; exec sleep 4731"))
		term.shows("ready")
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if code := ends(t, cmd); code != 143 {
			t.Errorf("exit code %d", code)
		}
		term.restored()
		b.NoProcess("a", "sleep 4731")
	})
	t.Run("window closed", func(t *testing.T) {
		term := b.sit(24, 80)
		cmd := term.start(b.exec("-it", b.Name("a"), "sh", "-c", "echo ready; exec sleep 4732"))
		term.shows("ready")
		_ = term.keys.Close()
		if code := ends(t, cmd); code != 129 {
			t.Errorf("exit code %d", code)
		}
		b.NoProcess("a", "sleep 4732")
	})
	t.Run("reader gone", func(t *testing.T) {
		term := b.sit(24, 80)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := b.exec("-it", b.Name("a"), "yes", "unmistakable")
		cmd.Stdout = w
		term.start(cmd)
		_, _ = w.Close(), r.Close()
		if code := ends(t, cmd); code != 141 {
			t.Errorf("exit code %d", code)
		}
		term.restored()
		b.NoProcess("a", "unmistakable")
	})
}
