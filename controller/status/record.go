package status

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Record is what is kept of one workspace.
type Record struct {
	Memory plan.Memory              `json:"memory,omitzero"`
	Status v1alpha1.WorkspaceStatus `json:"status,omitzero"`
}

// renamedStatus is a status as any release wrote it: some fields had another name, and one another type.
type renamedStatus struct {
	v1alpha1.WorkspaceStatus
	// Manifest shadows the field of the status: it was a string, file:line.
	Manifest  json.RawMessage `json:"manifest"`
	Restarts  int32           `json:"restarts"`
	CreatedAt *metav1.Time    `json:"createdAt"`
	StartedAt *metav1.Time    `json:"startedAt"`
	NextTry   *metav1.Time    `json:"nextTry"`
}

// UnmarshalJSON reads the record of this and of earlier releases: an upgrade loses nothing.
func (r *Record) UnmarshalJSON(data []byte) error {
	var in struct {
		Memory plan.Memory   `json:"memory"`
		Status renamedStatus `json:"status"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	s := in.Status.WorkspaceStatus
	s.RestartCount = cmp.Or(s.RestartCount, in.Status.Restarts)
	s.CreationTime = cmp.Or(s.CreationTime, in.Status.CreatedAt)
	s.StartTime = cmp.Or(s.StartTime, in.Status.StartedAt)
	s.NextRetryTime = cmp.Or(s.NextRetryTime, in.Status.NextTry)
	var err error
	if s.Manifest, err = position(in.Status.Manifest); err != nil {
		return err
	}
	*r = Record{Memory: in.Memory, Status: s}
	return nil
}

func position(data json.RawMessage) (p v1alpha1.ManifestPosition, err error) {
	if len(data) == 0 {
		return p, nil
	}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return p, json.Unmarshal(data, &p)
	}
	colon := max(0, strings.LastIndexByte(text, ':'))
	line, _ := strconv.ParseInt(strings.TrimPrefix(text[colon:], ":"), 10, 32) // Only the file is relied on.
	return v1alpha1.ManifestPosition{File: text[:colon], Line: int32(line)}, nil
}
