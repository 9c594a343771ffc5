package gitrepo

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

// maxStatus limits the output of git that is kept, in bytes.
const maxStatus = 8 << 20

// statusArgs make git only read: no refreshed index (its lock would hold removals, and the user's git), no file system
// monitor, no hook, no fetch from a promisor. Untracked and ignored directories are one line each.
var statusArgs = []string{
	"--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
	"status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z", "--untracked-files=normal", "--ignored=matching",
	"--no-renames", "--ignore-submodules=all", "--",
}

// status runs git status for paths in the work tree. git reads a directory of our own instead of the repository's,
// whose configuration and attributes can name programs: see shadow.
func (r Repository) status(paths []string, timeout time.Duration) (*treeStatus, error) {
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
	cmd.Dir, cmd.Env = r.Root, r.gitEnv(dir)
	var out, stderr capped
	cmd.Stdout, cmd.Stderr = &out, &stderr
	// A process group of its own, so that the processes that git starts are killed too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git status: no answer within %v", timeout)
	case err != nil:
		line, _, _ := strings.Cut(stderr.String(), "\n")
		return nil, fmt.Errorf("git status: %w: %s", err, line)
	}
	return parseStatus(out.String())
}

// gitEnv returns our environment without the variables that make git use another repository or start a program.
func (r Repository) gitEnv(dir string) []string {
	env := []string{
		"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=" + os.DevNull, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1",
		"GIT_DIR=" + dir, "GIT_WORK_TREE=" + r.Root, "GIT_INDEX_FILE=" + filepath.Join(r.Dir, "index"),
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

var errLongOutput = errors.New("the output is too long")

// capped is a buffer of at most maxStatus bytes.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > maxStatus {
		return 0, errLongOutput
	}
	return c.Buffer.Write(p)
}
