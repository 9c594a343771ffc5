//go:build unix

package docker

import (
	"os/exec"
	"syscall"
)

// ownGroup lets the end of a program's context end all that it started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
