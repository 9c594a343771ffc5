package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/e2e/uitest"
	"github.com/dual-dev/dual-reconciler/internal/testrun"
)

var (
	// binary is the program under test, built with the race detector: a race ends it with exit code 66.
	binary string
	// suite is this run of the tests: the names of all that they make contain its name.
	suite *testrun.Run
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the end-to-end tests need an engine: run make engine\n%s", out)
		return 1
	}
	// By default each program with the race detector sleeps for a second before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var err error
	if suite, err = testrun.Begin(true); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if left := suite.End(); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "FAIL: the tests left behind:\n%s\n", strings.Join(left, "\n"))
			code = max(code, 1)
		}
	}()
	defer uitest.Close()
	if binary, err = program(suite.Dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// program builds the program under test where it is not built yet, and gives this run a name for it of its own: another run
// may build a newer one.
func program(dir string) (string, error) {
	built, err := filepath.Abs("../../../bin/race/dual-reconciler")
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("go", "build", "-C", "../../..", "-race", "-o", built, "./cmd/dual-reconciler").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	own := filepath.Join(dir, "dual-reconciler")
	if err := os.Link(built, own); err == nil {
		return own, nil
	}
	// Another file system.
	content, err := os.ReadFile(built)
	if err != nil {
		return "", err
	}
	return own, os.WriteFile(own, content, 0o755)
}
