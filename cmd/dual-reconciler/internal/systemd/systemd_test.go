package systemd

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// stuckable is a controller that a test can make hang.
type stuckable struct {
	stuck         atomic.Bool
	started, read chan struct{}
}

func wait(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *stuckable) Workspaces() []*v1alpha1.Workspace { return nil }
func (s *stuckable) Problems() []string                { return nil }
func (s *stuckable) Rescan()                           {}
func (s *stuckable) Ready() error                      { return nil }

func (s *stuckable) WaitStarted(ctx context.Context) error           { return wait(ctx, s.started) }
func (s *stuckable) WaitRead(ctx context.Context, _ time.Time) error { return wait(ctx, s.read) }

func (s *stuckable) Healthy() error {
	if s.stuck.Load() {
		return errors.New("the loop does not\nturn")
	}
	return nil
}

// listen is systemd's end; each value is one message.
func listen(t *testing.T) <-chan string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	heard := make(chan string, 1000)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
		}
	}()
	return heard
}

// await returns the first message with a text in it, and fails on one with another.
func await(t *testing.T, heard <-chan string, text, never string) string {
	t.Helper()
	timeout := time.After(5 * time.Minute)
	for {
		select {
		case message := <-heard:
			if never != "" && strings.Contains(message, never) {
				t.Fatalf("%q before %s", message, text)
			}
			if strings.Contains(message, text) {
				return message
			}
		case <-timeout:
			t.Fatalf("no %s", text)
		}
	}
}

func TestNotifier(t *testing.T) {
	heard := listen(t)
	t.Setenv("WATCHDOG_USEC", "60000")
	c := &stuckable{started: make(chan struct{}), read: make(chan struct{})}
	hup := make(chan os.Signal)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		New(c).Run(ctx, hup)
	}()
	for range 3 {
		await(t, heard, "WATCHDOG=1", "READY=1")
	}
	close(c.started)
	await(t, heard, "READY=1", "")
	hup <- os.Interrupt
	await(t, heard, "RELOADING=1\nMONOTONIC_USEC=", "")
	await(t, heard, "WATCHDOG=1", "READY=1")
	close(c.read)
	await(t, heard, "READY=1", "")

	c.stuck.Store(true)
	await(t, heard, "STATUS=0 workspaces, 0 ready; the loop does not; turn", "")
	select {
	case message := <-heard:
		t.Errorf("a stuck controller was said to live: %q", message)
	case <-time.After(500 * time.Millisecond):
	}
	c.stuck.Store(false)
	await(t, heard, "WATCHDOG=1", "")
	cancel()
	await(t, heard, "STOPPING=1", "")
	<-over
}

func TestNotifierWithoutSystemd(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	rescans := make(chan struct{}, 1)
	hup := make(chan os.Signal)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		New(&rescanned{rescans: rescans}).Run(ctx, hup)
	}()
	hup <- os.Interrupt
	<-rescans
	cancel()
	<-over
}

type rescanned struct {
	stuckable
	rescans chan struct{}
}

func (r *rescanned) Rescan() { r.rescans <- struct{}{} }
