package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/session"
)

// execFlags are the flags of exec.
type execFlags struct {
	stdin, stdinSet, tty bool
	workingDir, user     string
	env                  []string
	wait                 time.Duration
}

// splitCommand treats the -- as optional, as docker does.
func splitCommand(args []string) (name string, command []string, err error) {
	if len(args) == 0 {
		return "", nil, errors.New("exec: which workspace? Give its name and a command, such as exec shop -- ls")
	}
	name, command = args[0], args[1:]
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 || command[0] == "" {
		return "", nil, fmt.Errorf("exec: which command? Give it after the name, such as exec %s -- ls", name)
	}
	return name, command, nil
}

// resolveEnv gives each NAME without a value its value in this environment, and drops it if it is not set here.
func resolveEnv(env []string) ([]string, error) {
	var out []string
	for _, pair := range env {
		name, _, assigned := strings.Cut(pair, "=")
		switch {
		case name == "":
			return nil, fmt.Errorf("--env %q: want NAME=value", pair)
		case assigned:
			out = append(out, pair)
		default:
			if value, ok := os.LookupEnv(name); ok {
				out = append(out, name+"="+value)
			}
		}
	}
	return out, nil
}

// ownFailure returns an error with the exit code of a failure of this program.
func ownFailure(err error) error {
	if err == nil {
		return nil
	}
	return exitError{session.ExitOwnFailure, err}
}
