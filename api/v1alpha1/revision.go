package v1alpha1

// shortCommit is how much of an object name people read; git's own default for small repositories.
const shortCommit = 7

// String returns main@1a2b3c4, without the branch on a detached HEAD, and with " dirty" where the manifest differs from
// the commit. It is empty for nil: a manifest that is in no repository has no revision.
func (r *Revision) String() string {
	if r == nil {
		return ""
	}
	s := r.Commit[:min(len(r.Commit), shortCommit)]
	if r.Branch != "" {
		s = r.Branch + "@" + s
	}
	if r.Dirty {
		s += " dirty"
	}
	return s
}
