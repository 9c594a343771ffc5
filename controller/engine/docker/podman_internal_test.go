package docker

import "testing"

// TestInitFault: podman's init ends with 1 where it cannot execute the command, and so does many a program.
func TestInitFault(t *testing.T) {
	for text, want := range map[string]int{
		"ERROR (catatonit:2): failed to exec pid1: No such file or directory\n":   127,
		"ERROR (catatonit:6): failed to exec pid1: Permission denied\n":           126,
		"ERROR (catatonit:6): failed to exec pid1: Exec format error\n":           126,
		"ERROR (catatonit:6): \nfailed to exec pid1: Permission denied\n":         126,
		"from before\nERROR (catatonit:6): failed to exec pid1: Too many links\n": 126,
		"ERROR (catatonit:6): failed to exec pid1: Permission denied\nmine\n":     0,
		"failed to exec pid1: Permission denied\n":                                0,
		"No such file or directory\n":                                             0,
		"ERROR (catatonit:2): something else\n":                                   0,
		"":                                                                        0,
	} {
		if got := initFault(text); got != want {
			t.Errorf("initFault(%q) = %d, want %d", text, got, want)
		}
	}
}
