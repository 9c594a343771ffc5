package instance_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// lockDir makes the test binary a process that locks the directory and lives until it is killed.
const lockDir = "INSTANCE_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockDir); dir != "" {
		if _, err := instance.Acquire(dir, "child"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		_, _ = os.Stdin.Read(make([]byte, 1)) // The parent never writes, but its end closes the pipe.
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
