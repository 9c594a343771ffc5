package v1alpha1

import "testing"

func TestRevisionString(t *testing.T) {
	const commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	for _, tt := range []struct {
		revision *Revision
		want     string
	}{
		{nil, ""},
		{&Revision{Branch: "main", Commit: commit}, "main@1a2b3c4"},
		{&Revision{Branch: "feat/auth", Commit: commit, Dirty: true}, "feat/auth@1a2b3c4 dirty"},
		{&Revision{Commit: commit}, "1a2b3c4"},
		{&Revision{Commit: commit, Dirty: true}, "1a2b3c4 dirty"},
		{&Revision{Commit: "1a2"}, "1a2"},
	} {
		if got := tt.revision.String(); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.revision, got, tt.want)
		}
	}
}
