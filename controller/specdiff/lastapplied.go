package specdiff

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// LastApplied is what the label LabelSpec records: the spec that a container was made from, as written, with host paths
// resolved. Of env files only the hash of their content is in it.
type LastApplied struct {
	v1alpha1.WorkspaceSpec `json:",inline"`
	// EnvFromHash stands for the content of the env files; empty where there are none.
	EnvFromHash string `json:"envFromHash,omitempty"`
	// GitDirectory that is mounted because source is a linked work tree; nil where none is.
	GitDirectory *GitDirectory `json:"gitDirectory,omitempty"`
}

// GitDirectory is the directory of the git repository that a linked work tree belongs to. It is no part of a spec: what
// the host says decides, once, when a container is created.
type GitDirectory struct {
	// Source is its path on the host, without links; Target where the work tree looks for it.
	Source string `json:"source"`
	Target string `json:"target"`
}

// Canonical returns a as JSON with sorted keys, canonical quantities and nothing that is unset. Equal specs have equal
// canonical forms, but the reverse does not hold: what is the same by default or by value is for Changes to tell.
func (a LastApplied) Canonical() (string, error) {
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

// recordedSpec is a LastApplied as any release wrote it: v1alpha1 renamed two fields and gave another type to a third.
type recordedSpec struct {
	LastApplied
	// Resources and SecurityContext shadow the fields of the spec.
	Resources struct {
		Limits struct {
			v1alpha1.Limits
			// PIDs was a quantity, such as "4k".
			PIDs *resource.Quantity `json:"pids"`
		} `json:"limits"`
	} `json:"resources"`
	SecurityContext struct {
		v1alpha1.SecurityContext
		// RunAsUser is now user, and NoNewPrivileges the negation of allowPrivilegeEscalation.
		RunAsUser       string `json:"runAsUser"`
		NoNewPrivileges bool   `json:"noNewPrivileges"`
	} `json:"securityContext"`
}

// Parse reads what Canonical of this or any other release wrote. Fields that this release does not know are
// ignored: a downgrade must neither fail nor recreate containers.
func Parse(s string) (LastApplied, error) {
	var r recordedSpec
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		return LastApplied{}, fmt.Errorf("parse applied spec: %w", err)
	}
	a := r.LastApplied
	a.EnvFrom = nil
	a.Resources.Limits = r.Resources.Limits.Limits
	if q := r.Resources.Limits.PIDs; q != nil {
		a.Resources.Limits.PIDs = ptr.To(q.Value())
	}
	a.SecurityContext = r.SecurityContext.SecurityContext
	a.SecurityContext.User = cmp.Or(a.SecurityContext.User, r.SecurityContext.RunAsUser)
	if r.SecurityContext.NoNewPrivileges {
		a.SecurityContext.AllowPrivilegeEscalation = ptr.To(false)
	}
	return a, nil
}
