package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestContributingListsPlaces checks the lists "Add a …" of CONTRIBUTING.md: each file that they name exists and mentions the
// example of its list.
func TestContributingListsPlaces(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, section := range strings.Split(string(text), "\n## ") {
		title, _, _ := strings.Cut(section, "\n")
		if !strings.HasPrefix(title, "Add a") {
			continue
		}
		lists++
		example := regexp.MustCompile("[Tt]he example is `(\\w+)`").FindStringSubmatch(section)
		if example == nil {
			t.Errorf("%s: there is no example", title)
			continue
		}
		places := regexp.MustCompile("(?m)^- `([^`]+)`: ").FindAllStringSubmatch(section, -1)
		if len(places) < 5 {
			t.Errorf("%s: only %d places", title, len(places))
		}
		for _, place := range places {
			content, err := os.ReadFile(filepath.Join("..", place[1]))
			if err != nil {
				t.Errorf("%s: %v", title, err)
				continue
			}
			if !strings.Contains(strings.ToLower(string(content)), strings.ToLower(example[1])) {
				t.Errorf("%s: %s does not mention %s", title, place[1], example[1])
			}
		}
	}
	if lists != 3 {
		t.Errorf("%d lists, want those for a field, an action and a verb", lists)
	}
}
