package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTour types the commands of the README and of docs/tour.md, which goes on from there, and compares the output with
// what is printed in them. Times, addresses, ids and the order of lines may differ; a line … stands for any lines.
func TestTour(t *testing.T) {
	b := newBench(t)
	tour := newTour(b)
	tour.follow("../../../README.md")
	tour.follow("../../../docs/tour.md")
	if tour.typed < 30 {
		t.Errorf("only %d commands were typed", tour.typed)
	}
}

// tour is a shell in the middle of the tour.
type tour struct {
	*bench
	path  string
	loop  *loop
	typed int
}

// newTour makes the repository that the README begins with, and puts the program on PATH under its name.
func newTour(b *bench) *tour {
	b.Helper()
	tour := &tour{bench: b, path: b.TempDir()}
	script := fmt.Sprintf("#!/bin/sh\nexec %s --manifests %s --state-dir %s --instance %s \"$@\"\n",
		binary, b.Dir, b.State, b.Instance)
	if err := os.WriteFile(filepath.Join(tour.path, "dual-reconciler"), []byte(script), 0o755); err != nil {
		b.Fatal(err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		b.Fatal(err)
	}
	manifest := regexp.MustCompile("(?s)```yaml\n# manifests/shop.yaml\n(.*?)```").FindSubmatch(readme)
	if manifest == nil {
		b.Fatal("the README has no manifest")
	}
	shop := tour.own(string(manifest[1]))
	b.Write("shop.yaml", shop)
	b.Write("auth.yaml", strings.ReplaceAll(shop, b.Name("shop-main"), b.Name("shop-feat-auth")))
	b.repo()
	return tour
}

// tourNames are the workspaces of the tour. Names of containers are global on an engine, so the test has its own.
var tourNames = []string{"shop-main", "shop-feat-auth"}

// own puts this test's names into a text of the tour, and printed takes them out of what the program prints.
func (tour *tour) own(text string) string {
	for _, name := range tourNames {
		text = strings.ReplaceAll(text, name, tour.Name(name))
	}
	return text
}

func (tour *tour) printed(text string) string {
	return strings.NewReplacer(tour.Prefix, "", tour.Root, "/tmp/tour").Replace(text)
}

// follow types the commands in the console blocks of a document.
func (tour *tour) follow(document string) {
	tour.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		tour.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, entry := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, output, _ := strings.Cut(entry, "\n")
			tour.enter(command, output)
		}
	}
}

// enter types one command.
func (tour *tour) enter(command, want string) {
	tour.Helper()
	tour.typed++
	tour.Logf("%s $ %s", time.Now().Format(time.TimeOnly), command)
	switch {
	case command == "dual-reconciler run &":
		tour.loop = tour.Run()
		return
	case strings.HasPrefix(command, "kill %1"):
		tour.loop.Stop()
		return
	}
	check := func() string { return difference(tour.printed(tour.shell(command)), want) }
	if onlyLooks.MatchString(command) {
		tour.Eventually(command, check)
	} else if wrong := check(); wrong != "" {
		tour.Fatalf("%s: %s", command, wrong)
	}
}

// onlyLooks matches the commands that may be typed again, because they change nothing.
var onlyLooks = regexp.MustCompile(
	`^(docker inspect|echo|dual-reconciler ` +
		`(validate|diff|get|events|describe|wait|logs|exec|schema|completion|version))\b`)

// shell runs a command and returns all that it prints.
func (tour *tour) shell(command string) string {
	cmd := exec.Command("bash", "-c", tour.own(command))
	cmd.Dir = tour.Root
	cmd.Env = append(os.Environ(), "PATH="+tour.path+":"+os.Getenv("PATH"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@example.invalid",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@example.invalid")
	// The exit code is shown by the commands that are about it.
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// vague replaces what differs from run to run.
var vague = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`(?m)^waiting for .*$`), ""}, // What takes long on a slow machine is announced.
	{regexp.MustCompile(`pull busybxo:9: .*`), "pull busybxo:9: REASON"},
	{regexp.MustCompile(` \(x\d+ over [^)]*\)`), ""},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "DATE"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(ms|s|m|h|d))+\b`), "AGE"},
	{regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`), "ADDRESS"},
	{regexp.MustCompile(`(, )?main@[0-9a-f]{7}( dirty)?`), ""}, // git may answer late.
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "ID"},
	{regexp.MustCompile(`(?m)^(dual-reconciler|engine:) .*`), "$1 VERSION"},
	// The names of the test are longer than those of the tour, so a table has less room for the image.
	{regexp.MustCompile(`…\w*:9\b`), "busybxo:9"},
	{regexp.MustCompile(`…\w+`), "busybox"},
	{regexp.MustCompile(`[ \t]+`), " "},
}

// difference returns what is missing in the output or too much in it; empty if it is as printed in the document.
func difference(got, want string) string {
	lines := func(text string) []string {
		for _, v := range vague {
			text = v.pattern.ReplaceAllString(text, v.by)
		}
		return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	}
	left, more := lines(got), false
	for _, line := range lines(want) {
		if line == "…" {
			more = true
			continue
		}
		i := slices.Index(left, line)
		if i < 0 {
			return fmt.Sprintf("there is no line %q in\n%s", line, got)
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 && !more {
		return fmt.Sprintf("%d lines too many, such as %q, in\n%s", len(left), left[0], got)
	}
	return ""
}
