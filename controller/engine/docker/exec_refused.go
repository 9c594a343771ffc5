package docker

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// An engine reports a command that it could not start by text in the command's stdout. The text is held back, and becomes the
// error if the engine reports that the command never was a process.
var complaints = [][]byte{[]byte("OCI runtime exec failed: "), []byte("unable to find user "), []byte("unable to find group ")}

// complaint holds back a first write that looks like a message of the engine, until the engine has a process for the command,
// or until another write or the end of the output shows which one it is.
type complaint struct {
	to io.Writer
	// never is set for engines that do not report in this way, such as podman: all output is the command's.
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

// pass writes what was held back.
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

// refusedCode returns the exit code of a shell. Engines before 25 report 126 in all cases.
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
