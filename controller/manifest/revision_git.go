package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// gitTimeout ends a git that hangs.
	gitTimeout = 5 * time.Second
	// gitPatience is how long a read of the manifests waits for git at most; what git says later comes with a later read.
	gitPatience = 200 * time.Millisecond
	// gitQuick is how fast git must have been the last time for a read to wait for it at all: between a saved manifest and its
	// running container there is no time for a git that is known to be slow.
	gitQuick = 50 * time.Millisecond
	// maxStatus bounds what is kept of git's answer, in bytes.
	maxStatus = 8 << 20
)

// statusArgs promise to only read: no refreshed index (its lock would hold our own removals, and a person's git), no file
// system monitor, no hook, no fetch from a promisor. Untracked and ignored directories come as one line each.
var statusArgs = []string{
	"--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
	"status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z", "--untracked-files=normal", "--ignored=matching",
	"--no-renames", "--ignore-submodules=all", "--",
}

// askGit asks for the status of paths in a work tree. git reads a directory of our making in place of the repository's own,
// whose configuration and attributes can name programs: see shadow.
func askGit(r repository, paths []string, timeout time.Duration) (*treeStatus, error) {
	binary, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	dir, err := r.shadow()
	if err != nil {
		return nil, fmt.Errorf("git status: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // It is a temporary directory.
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(statusArgs[:len(statusArgs):len(statusArgs)], paths...)...)
	cmd.Dir, cmd.Env = r.root, r.gitEnv(dir)
	var out, complaint capped
	cmd.Stdout, cmd.Stderr = &out, &complaint
	// A group of its own: what git itself starts ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git status: no answer within %v", timeout)
	case err != nil:
		line, _, _ := strings.Cut(complaint.String(), "\n")
		return nil, fmt.Errorf("git status: %w: %s", err, line)
	}
	return parseStatus(out.String())
}

// gitEnv is our environment without what would send git elsewhere or have it start a program.
func (r repository) gitEnv(dir string) []string {
	env := []string{
		"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=" + os.DevNull, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_DIR=" + dir, "GIT_WORK_TREE=" + r.root, "GIT_INDEX_FILE=" + filepath.Join(r.dir, "index"),
		"GIT_OBJECT_DIRECTORY=" + filepath.Join(r.common(), "objects"),
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "GIT_") && !strings.HasPrefix(name, "LC_") && name != "LANGUAGE" && name != "PWD" {
			env = append(env, v)
		}
	}
	return env
}

var errLongAnswer = errors.New("the answer is too long")

// capped refuses to grow without bounds.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > maxStatus {
		return 0, errLongAnswer
	}
	return c.Buffer.Write(p)
}
