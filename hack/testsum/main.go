// Command testsum runs go test with its own arguments in each module that a leading -C names, or in the current one. It
// shows what failed in full, and reports at the end how long each package took and which tests were the slowest. It fails
// if go test fails in any module.
//
// usage: testsum [-C DIR]... [arguments of go test]
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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

func main() {
	dirs, args := modules(os.Args[1:])
	// Together the modules build and test as many packages at a time as go test alone would. A -p of the caller's comes later
	// and replaces this one.
	args = append([]string{"test", "-json", "-p", strconv.Itoa(max(runtime.GOMAXPROCS(0)/len(dirs), 1))}, args...)
	s := newSummary(os.Stdout)
	codes := make([]int, len(dirs))
	var running sync.WaitGroup
	for i, dir := range dirs {
		running.Go(func() { codes[i] = test(dir, args, s) })
	}
	running.Wait()
	s.end()
	os.Exit(slices.Max(codes))
}

// modules splits the arguments into the directories of leading -C flags and the rest.
func modules(args []string) (dirs, rest []string) {
	for len(args) > 1 && args[0] == "-C" {
		dirs, args = append(dirs, args[1]), args[2:]
	}
	if len(dirs) == 0 {
		dirs = []string{"."}
	}
	return dirs, args
}

// test runs go in a directory and returns its exit code, which is never negative.
func test(dir string, args []string, s *summary) (code int) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		s.read(out)
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "testsum:", err)
		return 1
	}
	return 0
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
	mu sync.Mutex
	w  io.Writer
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
		s.readLine(line)
		if err != nil {
			return
		}
	}
}

func (s *summary) readLine(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var e event
	if json.Unmarshal([]byte(line), &e) == nil {
		s.note(e)
	} else {
		fmt.Fprint(s.w, line)
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
