package testrun

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// removeDead removes what runs left that are over. Another run may be doing the same, so it is tried again.
func removeDead(withEngine bool) error {
	for deadline := time.Now().Add(endWithin); ; time.Sleep(time.Second) {
		if err := sweep(dead, withEngine); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// sweep removes what these runs left: processes first, because a controller among them would make its containers again.
func sweep(these func(run string) bool, withEngine bool) error {
	for _, p := range running(these) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
	var err error
	if withEngine {
		err = removeFrom(these)
	}
	dirs, _ := filepath.Glob(filepath.Join(temporary(), prefix+"*"))
	for _, dir := range dirs {
		if these(Of(filepath.Base(dir))) {
			_ = os.RemoveAll(dir) // Another run may be removing it too.
		}
	}
	removeGroups(these)
	return err
}

// process is a process that a run started, or that one of its processes did.
type process struct {
	pid          int
	run, command string
}

func (p process) String() string { return fmt.Sprintf("process %d (%s)", p.pid, p.command) }

// running are the processes of these runs, without the tests themselves. Where there is no /proc there are none to be seen.
func running(these func(run string) bool) (all []process) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		text, err := os.ReadFile(file)
		if err != nil || pid == os.Getpid() {
			continue
		}
		for _, v := range strings.Split(string(text), "\x00") {
			run, marked := strings.CutPrefix(v, variable+"=")
			if !marked || !these(run) || startOf(pid) == "" {
				continue
			}
			command, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			all = append(all, process{pid, run, strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))})
		}
	}
	return all
}

// endWithin is how long processes may take to end that were told to, and another run to remove what it is removing.
var endWithin = 2 * time.Minute

// processes says which processes the run leaves. Those that are ending are waited for.
func (r *Run) processes() (left []string) {
	mine := func(run string) bool { return run == r.Name }
	for deadline := time.Now().Add(endWithin); ; time.Sleep(50 * time.Millisecond) {
		all := running(mine)
		if len(all) > 0 && time.Now().Before(deadline) {
			continue
		}
		for _, p := range all {
			left = append(left, p.String())
		}
		return left
	}
}

// removeGroups removes the cgroups of engines that tests started: they outlive a killed engine, empty.
func removeGroups(these func(run string) bool) {
	for _, pattern := range []string{"", "*"} {
		roots, _ := filepath.Glob(filepath.Join("/sys/fs/cgroup", pattern, prefix+"*"))
		for _, root := range roots {
			if !these(Of(filepath.Base(root))) {
				continue
			}
			var groups []string
			_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					groups = append(groups, path)
				}
				return nil
			})
			slices.Reverse(groups) // Inner ones first.
			for _, group := range groups {
				_ = os.Remove(group)
			}
		}
	}
}
