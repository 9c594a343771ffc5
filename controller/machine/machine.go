// Package machine identifies the machine that the controller runs on, so that a directory of manifests on one machine is
// not taken for the directory of the same path on another one.
package machine

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// EnvID overrides the id, for a controller that runs in a container and works for the machine around it.
const EnvID = "DUAL_MACHINE_ID"

// applicationKey makes the id one of this program: machine-id(5) asks not to show the machine's own id to others.
const applicationKey = "dual.dev/machine"

// Identity is one machine.
type Identity struct {
	// ID depends neither on the host name nor on the user. It is empty if there is none.
	ID string
	// Host is the name of the machine, for messages.
	Host string
}

// where lists the sources of an id.
type where struct {
	env string
	// system are files that the operating system keeps its id in.
	system []string
	// generated are files for an id of this program; the first one that can be read or written is used.
	generated []string
}

// Current returns the machine that this process runs on. stateDir is the last place for a generated id. If there is no id, the error
// is the reason, and Identity.ID is empty.
func Current(stateDir string) (Identity, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	w := where{env: os.Getenv(EnvID), system: []string{"/etc/machine-id", "/var/lib/dbus/machine-id"}}
	if home := homeOfCaller(); home != "" {
		w.generated = append(w.generated, filepath.Join(home, ".config", "dual-reconciler", "machine-id"))
	}
	w.generated = append(w.generated, filepath.Join(stateDir, "machine-id"))
	id, err := w.id()
	return Identity{ID: id, Host: host}, err
}

func (w where) id() (string, error) {
	if w.env != "" {
		if !validOverride.MatchString(w.env) {
			return "", fmt.Errorf("%s=%q: want 1 to 64 of letters, digits, dash, dot, underscore and colon", EnvID, w.env)
		}
		return w.env, nil
	}
	for _, file := range w.system {
		if data, err := os.ReadFile(file); err == nil {
			if text := strings.TrimSpace(string(data)); validSystem.MatchString(text) && strings.Trim(text, "0") != "" {
				return derived(text), nil
			}
		}
	}
	var faults []error
	for _, file := range w.generated {
		id, err := generated(file)
		if err == nil {
			return id, nil
		}
		faults = append(faults, err)
	}
	return "", fmt.Errorf("this machine has no id (/etc/machine-id) and none can be kept: %w: set %s", errors.Join(faults...), EnvID)
}

var (
	validOverride = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	// An image for many machines has an empty file, or the word uninitialized.
	validSystem = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
)

// derived returns an id for this application. The machine's own id cannot be computed from it.
func derived(machine string) string {
	mac := hmac.New(sha256.New, []byte(strings.ToLower(machine)))
	mac.Write([]byte(applicationKey))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// generated reads the id in the file, and makes one if the file does not exist. If two processes make one at the same time, the
// second uses the first one's.
func generated(file string) (string, error) {
	for range 2 {
		data, err := os.ReadFile(file)
		if text := strings.TrimSpace(string(data)); err == nil {
			if !validSystem.MatchString(text) {
				return "", fmt.Errorf("%s: not an id of 32 hexadecimal digits: delete it", file)
			}
			return text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if err := generate(file); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: it comes and goes", file)
}

// generate makes the file atomically.
func generate(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".machine-id-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(hex.EncodeToString(id) + "\n")
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), file)
}
