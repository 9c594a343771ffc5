package manifest

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// candidate is one document that defines a workspace's name.
type candidate struct {
	name string
	file *file
	line int
	// doc as written. It is nil if the document is invalid; fault is then the reason.
	doc   *v1alpha1.Workspace
	fault *decode.Fault
	// places of the fields of doc that name host paths, for faults that only the host shows.
	places map[string]at
	// weak is set if the document is no longer visible because a fault hides what the file defines. Any other candidate
	// for the name takes precedence.
	weak bool

	// ws is doc with the current state of the host. It is nil if that is not valid; refused is then the reason.
	ws       *Workspace
	refused  *decode.Fault
	resolved bool
	hosts    []hostPath
	// git is the stamp of the source's .git file.
	git  stat.Stamp
	envs []envUse
}

// problem returns why the candidate is not effective as written; nil if it is.
func (c *candidate) problem() *decode.Fault {
	if c.fault != nil {
		return c.fault
	}
	return c.refused
}

// at is a line and a column, from 1.
type at struct{ line, column int }

// hostPlaces returns the places of a document that can be needed later. It is a small part, because there may be
// thousands of documents.
func hostPlaces(d decode.Document) map[string]at {
	places := map[string]at{}
	keep := func(p *field.Path) {
		line, column := d.Position(p.String())
		places[p.String()] = at{line, column}
	}
	spec := d.Workspace.Spec
	if spec.Source != nil {
		keep(sourceField)
	}
	for i, m := range spec.Mounts {
		if m.Type == v1alpha1.MountBind {
			keep(mountField(i))
		}
	}
	for i := range spec.EnvFrom {
		keep(envFromField(i))
	}
	return places
}

// The fields that name host paths.
var sourceField = field.NewPath("spec", "source", "path")

func mountField(i int) *field.Path { return field.NewPath("spec", "mounts").Index(i).Child("source") }

func envFromField(i int) *field.Path { return field.NewPath("spec", "envFrom").Index(i).Child("file") }

// hostPath is a path of the host that a workspace mounts.
type hostPath struct {
	path string
	hostfile.File
}

// envUse is an env file in the revision that was used.
type envUse struct {
	file     *envFile
	revision int
}

// refreshed returns the path with the file that is there now. A path that cannot be inspected counts as existing,
// because the engine may have more permissions.
func (h hostPath) refreshed() hostPath {
	h.File = hostfile.Host{}.Look(h.path)
	return h
}
