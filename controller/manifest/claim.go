package manifest

import (
	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
)

// claim is one document's claim to a workspace's name.
type claim struct {
	name string
	file *file
	line int
	// doc as written; nil where the document is invalid: then fault says why.
	doc   *v1alpha1.Workspace
	fault *decode.Error
	// weak claims are of documents that are no longer there to see, in a file of which a part hides what it defines. They
	// yield to any other.
	weak bool

	// ws is what doc means with the host as it is now; nil where it means nothing valid: then refused says why.
	ws       *Workspace
	refused  *decode.Error
	resolved bool
	hosts    []hostPath
	envs     []envUse
}

// problem is why the claim is not in force as it is written; nil where it is.
func (c *claim) problem() *decode.Error {
	if c.fault != nil {
		return c.fault
	}
	return c.refused
}

// hostPath is a path of the host that a workspace mounts.
type hostPath struct {
	path    string
	id      fileID
	missing bool
}

// envUse is an env file at the revision that was used.
type envUse struct {
	file     *envFile
	revision int
}

// look says what is at the path now. A path that we may not look at exists: the engine sees more than we do.
func (h hostPath) look() hostPath {
	st, err := statPath(h.path)
	h.id, h.missing = st.id, absent(err)
	return h
}
