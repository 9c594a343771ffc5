package manifest

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
)

// claim is one document's claim to a workspace's name.
type claim struct {
	name string
	file *file
	line int
	// doc as written; nil where the document is invalid: then fault says why.
	doc   *v1alpha1.Workspace
	fault *decode.Fault
	// places of the fields of doc that name host paths, for faults that only the host shows.
	places map[string]at
	// weak claims are of documents that are no longer there to see, in a file of which a part hides what it defines. They
	// yield to any other.
	weak bool

	// ws is what doc means with the host as it is now; nil where it means nothing valid: then refused says why.
	ws       *Workspace
	refused  *decode.Fault
	resolved bool
	hosts    []hostPath
	// git is what there was of the source's .git file.
	git  stamp
	envs []envUse
}

// problem is why the claim is not in force as it is written; nil where it is.
func (c *claim) problem() *decode.Fault {
	if c.fault != nil {
		return c.fault
	}
	return c.refused
}

// at is a line and a column, from 1.
type at struct{ line, column int }

// hostPlaces keeps of a document's places only those that may be asked for, because there may be thousands of documents.
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

// envUse is an env file at the revision that was used.
type envUse struct {
	file     *envFile
	revision int
}

// look says what is at the path now. A path that we may not look at exists: the engine sees more than we do.
func (h hostPath) look() hostPath {
	h.File = hostfile.Host{}.Look(h.path)
	return h
}
