package docs

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLinksLeadSomewhere follows the relative links of all documents, headings included, and looks for the files of this
// repository that they name in backquotes.
func TestLinksLeadSomewhere(t *testing.T) {
	pages := glob(t, "*.md", "adr/*.md", "../*.md")
	if len(pages) < 20 {
		t.Errorf("only %d documents", len(pages))
	}
	link := regexp.MustCompile(`\]\(([^):#]*)(?:#([^)]+))?\)`)
	path := regexp.MustCompile("`((?:api|cmd|controller|docs|hack|internal|manifests)/[\\w./-]+)`")
	for _, page := range pages {
		text := read(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if !exists(target) {
				t.Errorf("%s: there is no %s", page, m[1])
			} else if m[2] != "" && !headings(read(t, target))[m[2]] {
				t.Errorf("%s: %s has no heading #%s", page, target, m[2])
			}
		}
		for _, m := range path.FindAllStringSubmatch(text, -1) {
			if !exists(filepath.Join("..", m[1])) {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
	}
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, files...)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// headings returns the anchors of a document, as GitHub makes them.
func headings(text string) map[string]bool {
	anchors := map[string]bool{}
	drop := regexp.MustCompile(`[^\w\- ]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchors[strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return anchors
}

// TestPictureShowsTheTour checks that the picture of the README shows what the README prints.
func TestPictureShowsTheTour(t *testing.T) {
	readme := strings.ReplaceAll(read(t, "../README.md"), "--wait 1m ", "")
	lines := regexp.MustCompile(`<text [^>]*>(.*)</text>`).FindAllStringSubmatch(read(t, "tour.svg"), -1)
	if len(lines) < 10 {
		t.Errorf("only %d lines", len(lines))
	}
	for _, m := range lines {
		line := html.UnescapeString(regexp.MustCompile(`</?tspan[^>]*>`).ReplaceAllString(m[1], ""))
		if !strings.Contains(readme, line+"\n") {
			t.Errorf("the README has no line %q", line)
		}
	}
}
