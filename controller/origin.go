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

// origin completes a plan's input by whose the containers are: those that came from another directory or another machine are
// left alone until a person takes them over.
func (c *Controller) origin(in *plan.Input) {
	in.Directory, in.Machine, in.Host = c.Directory, c.Machine, c.Host
	in.Adopted, in.Elsewhere = nil, nil
	for _, container := range plan.Claimed(*in) {
		from := c.elsewhere(container.Labels)
		if from == "" {
			continue
		}
		if c.Takeover || c.adopted(in.Memory.Adopted, container.ID) {
			in.Adopted = append(in.Adopted, container.ID)
			continue
		}
		in.Elsewhere = &plan.Problem{Reason: v1alpha1.ReasonHeld, Message: fmt.Sprintf(
			"not touched: container %s came from %s, and this controller reads %s%s; %srename the workspace here, or use --takeover to take over what came from there",
			container.Name, printable.Line(from), c.Directory, c.here(container.Labels), printable.Line(c.advice(container.Labels)))}
		return
	}
}

// elsewhere says where a container or a volume with these labels came from; empty where that is this directory on this
// machine. An older release made it without a machine's label: then the directory alone decides.
func (c *Controller) elsewhere(labels map[string]string) string {
	directory, machine := labels[v1alpha1.LabelManifests], labels[v1alpha1.LabelMachine]
	if machine != "" && machine != c.Machine {
		host := labels[v1alpha1.LabelHost]
		if host == "" {
			host = "unknown"
		}
		return fmt.Sprintf("machine %.12s (host %s), directory %s", machine, host, directory)
	}
	if directory == "" || filepath.Clean(directory) == c.Directory {
		return ""
	}
	there := c.looks.stat(directory)
	if there == nil {
		return directory + " (which cannot be found now)"
	}
	if ours, err := os.Stat(c.Directory); err == nil && os.SameFile(there, ours) {
		return ""
	}
	return directory
}

// here names this machine where the labels name another one.
func (c *Controller) here(labels map[string]string) string {
	if machine := labels[v1alpha1.LabelMachine]; machine != "" && machine != c.Machine {
		return fmt.Sprintf(" on machine %.12s (host %s)", c.Machine, c.Host)
	}
	return ""
}

// advice is for who only stands in the wrong directory.
func (c *Controller) advice(labels map[string]string) string {
	directory, machine := labels[v1alpha1.LabelManifests], labels[v1alpha1.LabelMachine]
	if machine != "" && machine != c.Machine {
		return "work from that machine, "
	}
	if c.looks.stat(directory) != nil {
		return "use --manifests " + directory + " to work from there, "
	}
	return ""
}

// adopted reports whether a container was taken over for this directory earlier.
func (c *Controller) adopted(a *plan.Adoption, id string) bool {
	return a != nil && a.Machine == c.Machine && slices.Contains(a.Containers, id) && SameDirectory(a.Directory, c.Directory)
}

// SameDirectory compares as files: a link, a bind mount or a trailing slash make no other directory. Where one of them cannot
// be found, the paths decide. Both are this user's own paths: those of labels are compared by elsewhere.
func SameDirectory(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// refusal says why a person's request about a workspace is not carried out: its container came from elsewhere.
func (c *Controller) refusal(name string) error {
	containers := c.cache.Of(name)
	in := plan.Input{Instance: c.Instance, Name: name, Containers: containers, Memory: c.Store.Get(name).Memory}
	c.origin(&in)
	if in.Elsewhere == nil {
		return nil
	}
	return elsewhereError{in.Elsewhere.Message}
}

// elsewhereError says that a workspace's container came from elsewhere.
type elsewhereError struct{ message string }

func (e elsewhereError) Error() string { return e.message }

// leftAlone reports whether a volume came from elsewhere, or belongs to a workspace that did.
func (c *Controller) leftAlone(v engine.Volume, left []string) bool {
	return slices.Contains(left, v.Labels[v1alpha1.LabelWorkspace]) || !c.Takeover && c.elsewhere(v.Labels) != ""
}
