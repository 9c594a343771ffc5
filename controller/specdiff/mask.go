package specdiff

import "github.com/dual-dev/dual-reconciler/api/v1alpha1"

// Masked returns a copy of w with *** in place of what people put secrets into: see SecretField. Names stay, that of a
// command's program included. The content of env files is in no workspace to begin with.
func Masked(w *v1alpha1.Workspace) *v1alpha1.Workspace {
	out := w.DeepCopy()
	s := &out.Spec
	for i, e := range s.Env {
		s.Env[i].Name = v1alpha1.ShownName(e.Name)
		if e.Value != "" {
			s.Env[i].Value = hidden
		}
	}
	maskWords(s.Args)
	maskCommand(s.Command)
	if s.LivenessProbe != nil {
		maskCommand(s.LivenessProbe.Exec.Command)
	}
	if s.Setup != "" {
		s.Setup = hidden
	}
	return out
}

func maskCommand(words []string) {
	if len(words) == 0 {
		return
	}
	if _, plain := ShownProgram(words); !plain {
		words[0] = hidden
	}
	maskWords(words[1:])
}

func maskWords(words []string) {
	for i := range words {
		words[i] = hidden
	}
}
