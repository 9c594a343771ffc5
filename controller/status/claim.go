package status

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/user"
	"strconv"
)

// Holder is the process that works on an instance.
type Holder struct {
	PID  int    `json:"pid"`
	User string `json:"user,omitempty"`
	// StateDir is where it keeps its state, as --state-dir names it, and Manifests the directory that it reads.
	StateDir  string `json:"stateDir,omitempty"`
	Manifests string `json:"manifests,omitempty"`
}

// Me is this process as a Holder.
func Me(stateDir, manifests string) Holder {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return Holder{PID: os.Getpid(), User: name, StateDir: stateDir, Manifests: manifests}
}

// claimName is the same for all who work on one instance of one engine, whatever their user and state directory. It is a
// hash because the places that it names are short.
func claimName(engine, instance string) string {
	sum := sha256.Sum256([]byte(engine + "\x00" + instance))
	return "dual-reconciler-" + hex.EncodeToString(sum[:16])
}

func (h Holder) encode() []byte {
	data, err := json.Marshal(h)
	if err != nil {
		return nil // It has strings and a number only.
	}
	return append(data, '\n')
}
