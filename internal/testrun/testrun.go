// Package testrun makes the tests that use a shared engine attributable: what a run of a test binary makes carries the run's
// token, in its name or in a label. A run that was killed can be told from one that is under way by that token alone, so
// that the next run removes what dead runs left, and each run shows at its end that it leaves nothing itself.
package testrun

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	// placeLength and startLength are fixed, so that the PID between them can have any length.
	placeLength, startLength = 5, 4
	// variable marks each process that a run starts; children inherit it.
	variable = "DUAL_TESTRUN"
	// prefix makes sure that no name of somebody else's looks like a token.
	prefix = "e2e-"
)

// pattern finds the name of a run in the name of what it made. Tokens have no hyphen.
var pattern = regexp.MustCompile(`(` + prefix + `([0-9a-z]{5})([1-9a-z][0-9a-z]{0,6})([0-9a-z]{4}))(?:[^0-9a-z]|$)`)

// Run is one run of a test binary.
type Run struct {
	// Name is what the name, or a label, of all that the run makes contains: the place, the PID, and the time of its start.
	Name string
	// Dir is the directory of all temporary files of the run; os.TempDir is it too.
	Dir string

	made *journal
}

// Begin removes what dead runs left, and begins this run: its processes are marked, and its temporary files get a directory
// of their own. withEngine says whether the tests use the engine.
func Begin(withEngine bool) (*Run, error) {
	r := &Run{Name: name(os.Getpid())}
	if r.Name == "" {
		return nil, fmt.Errorf("the start of process %d cannot be told: is there neither /proc nor ps?", os.Getpid())
	}
	if err := removeDead(withEngine); err != nil {
		return nil, fmt.Errorf("remove what dead runs of the tests left: %w", err)
	}
	dir, err := os.MkdirTemp(temporary(), r.Name+"-")
	if err != nil {
		return nil, err
	}
	r.Dir = dir
	if err := os.Setenv(variable, r.Name); err != nil {
		return nil, err
	}
	if err := os.Setenv("TMPDIR", dir); err != nil {
		return nil, err
	}
	if withEngine {
		r.made, err = watch(r.Name)
	}
	return r, err
}

// End removes the run's directory and says what else the run left: nothing is how it has to be. What it left is removed.
func (r *Run) End() (left []string) {
	if r.made != nil {
		left = r.made.left()
	}
	left = append(left, r.processes()...)
	if err := os.RemoveAll(r.Dir); err != nil {
		left = append(left, err.Error())
	}
	if len(left) == 0 {
		return nil
	}
	_ = sweep(func(name string) bool { return name == r.Name }, r.made != nil)
	return left
}

// temporary is where runs have their directories. The path of a socket has at most 103 bytes, and that of the directory for
// temporary files on a Mac has half of them already.
func temporary() string {
	if dir := os.TempDir(); len(dir) <= len("/tmp/12345678") {
		return dir
	}
	return "/tmp"
}

// name is the name of the run whose process has this PID; empty where there is none.
func name(pid int) string {
	started := startOf(pid)
	if started == "" {
		return ""
	}
	return prefix + place() + strconv.FormatInt(int64(pid), 36) + hash(started, startLength)
}

// Of is the name of the run that a name of something contains; empty where it contains none.
func Of(s string) string {
	if parts := pattern.FindStringSubmatch(s); parts != nil {
		return parts[1]
	}
	return ""
}

// dead says whether a name is one of a run that can be judged here and that is over.
func dead(run string) bool {
	parts := pattern.FindStringSubmatch(run)
	if parts == nil || parts[1] != run || parts[2] != place() {
		return false // A process of another machine or container cannot be looked at.
	}
	pid, err := strconv.ParseInt(parts[3], 36, 32)
	return err == nil && name(int(pid)) != run
}

// place tells machines and containers from each other: a PID means nothing outside its own.
func place() string {
	host, _ := os.Hostname()
	space, _ := os.Readlink("/proc/self/ns/pid")
	return hash(host+"\n"+space, placeLength)
}

// startOf tells a process from all others that ever had its PID; empty where no such process runs.
func startOf(pid int) string {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err == nil {
		// The name of the program, in parentheses, may have spaces and parentheses.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		const state, start = 0, 19
		if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
			return ""
		}
		boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
		return fields[start] + " " + string(boot)
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		return ""
	}
	out, _ := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	return strings.TrimSpace(string(out))
}

func hash(s string, length int) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	text := strings.Repeat("0", length) + strconv.FormatUint(h.Sum64(), 36)
	return text[len(text)-length:]
}
