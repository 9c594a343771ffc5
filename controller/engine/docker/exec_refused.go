package docker

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// The engine tells of a command that it could not start by text in the command's stdout. Held back, it can go where it
// belongs: into the error, once the engine says that there never was a process.
var complaints = [][]byte{[]byte("OCI runtime exec failed: "), []byte("unable to find user "), []byte("unable to find group ")}

// complaint holds a first write back that looks like one of the engine, until the engine has a process for the command, or
// another write or the end of the output shows what it is.
type complaint struct {
	to io.Writer
	// never says that the engine does not tell in this way, as podman: what looks like it is the command's own.
	never bool
	// holds is called when something is held back.
	holds func()

	mu     sync.Mutex
	held   []byte
	passed int64
}

func (c *complaint) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.never && c.passed == 0 && len(c.held) == 0 && looksRefused(p) {
		c.held = bytes.Clone(p)
		c.holds()
		return len(p), nil
	}
	if err := c.give(); err != nil {
		return 0, err
	}
	n, err := c.to.Write(p)
	c.passed += int64(n)
	return n, err
}

// pass gives out what was held back.
func (c *complaint) pass() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.give()
}

func (c *complaint) give() error {
	if len(c.held) == 0 {
		return nil
	}
	n, err := sink{c.to}.Write(c.held)
	c.held, c.passed = nil, c.passed+int64(n)
	return err
}

func looksRefused(p []byte) bool {
	if !bytes.HasSuffix(p, []byte("\r\n")) {
		return false
	}
	for _, c := range complaints {
		if bytes.HasPrefix(p, c) {
			return true
		}
	}
	return false
}

// refused is a command that never was a process.
type refused engine.ExecResult

func (r refused) Wait(context.Context) (engine.ExecResult, error) { return engine.ExecResult(r), nil }

func (refused) Resize(context.Context, engine.TerminalSize) error { return nil }

// refusedCode is what a shell ends with. Engines before 25 say 126 for all.
func refusedCode(code int, text string) int {
	missing := strings.Contains(text, "executable file") && strings.Contains(text, "not found") ||
		strings.Contains(text, `exec: "`) && strings.Contains(text, "no such file or directory")
	switch {
	case missing && !strings.Contains(text, "chdir to cwd"):
		return 127
	case code == 127:
		return 127
	}
	return 126
}
