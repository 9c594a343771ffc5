package v1alpha1

// Masked is the workspace with the values of variables that look like secrets replaced by ***. What came from env files is
// in no workspace to begin with.
func (w *Workspace) Masked() *Workspace {
	out := w.DeepCopy()
	for i, e := range out.Spec.Env {
		if e.Value != "" {
			out.Spec.Env[i].Value = showEnv(e.Name, e.Value)
		}
	}
	return out
}
