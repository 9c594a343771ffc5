// Command testsum runs go test with its own arguments, shows what failed in full, and says at the end how long each package
// took and which tests were the slowest. Its exit code is go test's.
//
// usage: testsum [arguments of go test]
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

func main() {
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	s := newSummary(os.Stdout)
	s.read(out)
	err = cmd.Wait()
	s.end()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// result of a package, or of a test.
type result struct {
	pkg, test, outcome string
	seconds            float64
}

type summary struct {
	w io.Writer
	// output of the tests that have not ended, by package and test.
	output          map[[2]string]*strings.Builder
	order           [][2]string
	packages, tests []result
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, output: map[[2]string]*strings.Builder{}}
}

func (s *summary) read(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			s.note(e)
		} else {
			fmt.Fprint(s.w, line)
		}
		if err != nil {
			return
		}
	}
}

func (s *summary) note(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.w, e.Output)
	case "output":
		if e.Test == "" {
			if e.Output != "PASS\n" {
				fmt.Fprint(s.w, e.Output)
			}
			return
		}
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
			s.order = append(s.order, key)
		}
		s.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			// What had begun and did not end belongs to a panic, a time limit, or an exit.
			for _, k := range slices.Clone(s.order) {
				if k[0] == e.Package {
					s.drop(k, e.Action == "fail")
				}
			}
			s.packages = append(s.packages, result{e.Package, "", e.Action, e.Elapsed})
			return
		}
		s.drop(key, e.Action == "fail")
		if !strings.Contains(e.Test, "/") {
			s.tests = append(s.tests, result{e.Package, e.Test, e.Action, e.Elapsed})
		}
	}
}

// drop forgets the output of a test, and shows it before where it is wanted.
func (s *summary) drop(key [2]string, show bool) {
	if b := s.output[key]; b != nil && show {
		fmt.Fprint(s.w, b.String())
	}
	delete(s.output, key)
	s.order = slices.DeleteFunc(s.order, func(k [2]string) bool { return k == key })
}

// slowest is how many of the slowest tests are shown.
const slowest = 10

func (s *summary) end() {
	bySeconds := func(a, b result) int { return cmp.Compare(b.seconds, a.seconds) }
	slices.SortFunc(s.packages, func(a, b result) int { return cmp.Compare(a.pkg, b.pkg) })
	slices.SortStableFunc(s.tests, bySeconds)
	fmt.Fprintf(s.w, "\nPackages:\n")
	for _, p := range s.packages {
		fmt.Fprintf(s.w, "  %-4s %8.1fs  %s\n", p.outcome, p.seconds, p.pkg)
	}
	fmt.Fprintf(s.w, "\nSlowest tests:\n")
	for _, t := range s.tests[:min(slowest, len(s.tests))] {
		fmt.Fprintf(s.w, "  %-4s %8.1fs  %s %s\n", t.outcome, t.seconds, t.pkg, t.test)
	}
}
