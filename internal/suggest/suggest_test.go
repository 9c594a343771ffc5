package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"image", "imagePullPolicy", "env", "envFrom", "init", "mounts"}
	for word, want := range map[string]string{
		"imgae": "image", "Image": "image", "ENV": "env", "enviroment": "", "mount": "mounts", "imagePullpolicy": "imagePullPolicy", "xyz": "", "": "",
		strings.Repeat("a", 1000): "",
	} {
		if got, ok := Nearest(word, known); got != want || ok != (want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", word, got, ok, want)
		}
	}
}
