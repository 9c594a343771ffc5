package print

import (
	"fmt"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// Validation is the result of validate.
type Validation struct {
	Valid      bool               `json:"valid"`
	Workspaces int                `json:"workspaces"`
	Problems   []manifest.Problem `json:"problems"`
	// Held are changes of host paths that will wait for an approval on this machine, according to the persisted state.
	Held []manifest.Problem `json:"held"`
}

// Validation prints the faults in a format: json, or empty for text.
func (s Streams) Validation(v Validation, format string) error {
	if format == "json" {
		return JSON(s.Out, v)
	}
	for _, p := range v.Problems {
		fmt.Fprintln(s.Err, p.Error())
	}
	for _, p := range v.Held {
		fmt.Fprintln(s.Err, "held: "+p.Message)
	}
	return nil
}
