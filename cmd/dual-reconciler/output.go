package main

import (
	"os"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// stdout and stderr are what all is printed to: control characters in names, messages and texts of others are written as escapes.
// Only what a workspace's own program writes (exec, logs) goes to the files themselves, and what moves the cursor or colours a
// line here: its texts are escaped one by one.
var (
	stdout = printable.NewWriter(os.Stdout)
	stderr = printable.NewWriter(os.Stderr)
)
