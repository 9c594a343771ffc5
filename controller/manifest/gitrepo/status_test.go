package gitrepo

import "testing"

func TestParseStatus(t *testing.T) {
	for _, tt := range []struct{ name, out, dirty, clean string }{
		{"renamed", "# branch.oid abc\x00# branch.head main\x002 R. N... 1 1 1 a b R100 new name\x00old name\x00", "new name", "old name"},
		{"conflict", "# branch.oid abc\x00u UU N... 1 1 1 1 a b c d/x y\x00", "d/x y", "d/x"},
		{"directory", "# branch.oid abc\x00? d/e/\x00", "d/e/f/g", "d/ef"},
		{"cut off", "# branch.oid abc\x001 .M N...", "", "N..."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := parseStatus(tt.out)
			if err != nil {
				t.Fatal(err)
			}
			if tt.dirty != "" && !s.revisionOf(tt.dirty).Dirty {
				t.Errorf("%s is clean", tt.dirty)
			}
			if s.revisionOf(tt.clean).Dirty {
				t.Errorf("%s is dirty", tt.clean)
			}
		})
	}
	if _, err := parseStatus("usage: git\n"); err == nil {
		t.Error("nonsense is an answer")
	}
}
