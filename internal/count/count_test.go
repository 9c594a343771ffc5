package count

import "testing"

func TestOf(t *testing.T) {
	for n, want := range map[int]string{0: "0 times", 1: "1 time", 2: "2 times", 10: "10 times"} {
		if got := Of(n, "time"); got != want {
			t.Errorf("Of(%d) = %q, want %q", n, got, want)
		}
	}
}
