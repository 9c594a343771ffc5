// Package instance makes a process the only controller of an instance, by a lock in the state directory and by a claim on the
// engine, which also finds controllers with another state directory.
package instance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// Holder is the process that works on an instance.
type Holder struct {
	PID  int    `json:"pid"`
	User string `json:"user,omitempty"`
	// StateDir is the directory of its state, as given by --state-dir, and Manifests the directory that it reads.
	StateDir  string `json:"stateDir,omitempty"`
	Manifests string `json:"manifests,omitempty"`
}

// Self returns this process as a Holder.
func Self(stateDir, manifests string) Holder {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return Holder{PID: os.Getpid(), User: name, StateDir: stateDir, Manifests: manifests}
}

func (h Holder) encode() []byte {
	data, err := json.Marshal(h)
	if err != nil {
		return nil // Strings and numbers can always be encoded.
	}
	return append(data, '\n')
}

// HeldError reports that another process works on an instance.
type HeldError struct {
	Instance string
	// Holder is that process. Its PID is 0 if it could not be read.
	Holder
}

// Error names the holder and what to do.
func (e *HeldError) Error() string {
	who := "(its PID could not be read)"
	if e.PID > 0 {
		who = fmt.Sprintf("with PID %d", e.PID)
	}
	if e.StateDir == "" {
		return fmt.Sprintf("a controller of instance %q already runs %s: stop it first, or choose another --instance", e.Instance, who)
	}
	return fmt.Sprintf("a controller of instance %q already runs %s (user %s, --state-dir %q, --manifests %q): "+
		"stop it first, give its --state-dir to ask it, or choose another --instance", e.Instance, who, e.User, e.StateDir, e.Manifests)
}
