package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// AppliedSpec is what the label LabelSpec records: the spec that a container was made from, as written, with host paths
// resolved. Of env files only the hash of their content is in it.
type AppliedSpec struct {
	WorkspaceSpec `json:",inline"`
	// EnvFromHash stands for the content of the env files; empty where there are none.
	EnvFromHash string `json:"envFromHash,omitempty"`
	// GitDirectory that is mounted because source is a linked work tree; nil where none is.
	GitDirectory *GitDirectory `json:"gitDirectory,omitempty"`
}

// GitDirectory is the directory of the git repository that a linked work tree belongs to. It is no part of a spec: what the host says
// decides, once, when a container is created.
type GitDirectory struct {
	// Source is its path on the host, without links; Target where the work tree looks for it.
	Source string `json:"source"`
	Target string `json:"target"`
}

// Canonical returns a as JSON with sorted keys, canonical quantities and nothing that is unset. Equal specs have equal
// canonical forms, but the reverse does not hold: what is the same by default or by value is for Changes to tell.
func (a AppliedSpec) Canonical() (string, error) {
	a.EnvFrom = nil
	plain, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("encode applied spec: %w", err)
	}
	// Only maps are encoded with sorted keys.
	var sorted map[string]any
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	if err := d.Decode(&sorted); err != nil {
		return "", fmt.Errorf("encode applied spec: %w", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(sorted); err != nil {
		return "", fmt.Errorf("encode applied spec: %w", err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// ParseApplied reads what Canonical of this or any other version wrote. Fields that this version does not know are
// ignored: a downgrade must neither fail nor recreate containers.
func ParseApplied(s string) (AppliedSpec, error) {
	var a AppliedSpec
	if err := json.Unmarshal([]byte(s), &a); err != nil {
		return AppliedSpec{}, fmt.Errorf("parse applied spec: %w", err)
	}
	a.EnvFrom = nil
	return a, nil
}
