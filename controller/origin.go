package controller

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// origins find out which containers and volumes came from another directory of manifests or another machine.
type origins struct {
	directory, machine, host string
	takeover                 bool
	paths                    *untrustedPaths
}

// complete adds to a plan's input which containers may be touched: those that came from elsewhere must not, until a
// user adopts them.
func (o *origins) complete(in *plan.Input) {
	in.Directory, in.Machine, in.Host = o.directory, o.machine, o.host
	in.Adopted, in.Elsewhere = nil, nil
	for _, container := range plan.Claimed(*in) {
		from, advice := o.elsewhere(container.Labels)
		if from == "" {
			continue
		}
		if o.takeover || o.adopted(in.Memory.Adopted, container.ID) {
			in.Adopted = append(in.Adopted, container.ID)
			continue
		}
		in.Elsewhere = &plan.Problem{Reason: v1alpha1.ReasonHeld, Message: fmt.Sprintf(
			"not touched: container %s came from %s, and this controller reads %s%s; %s"+
				"rename the workspace here, or use --takeover to take over what came from there",
			container.Name, printable.Line(from), o.directory, o.here(container.Labels), printable.Line(advice))}
		return
	}
}

// elsewhere returns where a container or a volume with these labels came from, and advice for a user who is only in
// the wrong directory. Both are "" if that is this directory on this machine. Older releases set no label for the
// machine: then the directory alone decides.
func (o *origins) elsewhere(labels map[string]string) (from, advice string) {
	directory, machine := labels[v1alpha1.LabelManifests], labels[v1alpha1.LabelMachine]
	if machine != "" && machine != o.machine {
		host := labels[v1alpha1.LabelHost]
		if host == "" {
			host = "unknown"
		}
		return fmt.Sprintf("machine %.12s (host %s), directory %s", machine, host, directory), "work from that machine, "
	}
	if directory == "" || filepath.Clean(directory) == o.directory {
		return "", ""
	}
	there := o.paths.stat(directory)
	if there == nil {
		return directory + " (which cannot be found now)", ""
	}
	if ours, err := os.Stat(o.directory); err == nil && os.SameFile(there, ours) {
		return "", ""
	}
	return directory, "use --manifests " + directory + " to work from there, "
}

// here names this machine if the labels name another one.
func (o *origins) here(labels map[string]string) string {
	if machine := labels[v1alpha1.LabelMachine]; machine != "" && machine != o.machine {
		return fmt.Sprintf(" on machine %.12s (host %s)", o.machine, o.host)
	}
	return ""
}

// adopted reports whether a container was adopted for this directory earlier.
func (o *origins) adopted(a *plan.Adoption, id string) bool {
	return a != nil && a.Machine == o.machine && slices.Contains(a.Containers, id) && SameDirectory(a.Directory, o.directory)
}

// SameDirectory compares directories as files: a link, a bind mount or a trailing slash make no difference. If one of
// them cannot be found, the paths decide. Both must be this user's own paths; elsewhere compares those of labels.
func SameDirectory(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// refusal returns why a user's request about a workspace is refused: its container came from elsewhere. It returns
// nil if it is not.
func refusal(in plan.Input) error {
	if in.Elsewhere == nil {
		return nil
	}
	return elsewhereError{in.Elsewhere.Message}
}

// elsewhereError is the refusal to touch a container that came from elsewhere.
type elsewhereError struct{ message string }

func (e elsewhereError) Error() string { return e.message }

// keeps reports whether a volume must stay: it came from elsewhere, or belongs to one of the workspaces that did.
func (o *origins) keeps(v engine.Volume, kept []string) bool {
	if slices.Contains(kept, v.Labels[v1alpha1.LabelWorkspace]) {
		return true
	}
	if o.takeover {
		return false
	}
	from, _ := o.elsewhere(v.Labels)
	return from != ""
}
