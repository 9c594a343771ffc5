package testrun

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// kind is a kind of thing on the engine: how all of it is listed, and how one is removed.
type kind struct {
	name string
	// list prints one line for each: what removes it, a tab, and where the run's name may be.
	list, remove []string
}

// kinds in the order in which they can be removed.
var kinds = []kind{
	{"container", []string{"ps", "--all", "--no-trunc", "--format", "{{.ID}}\t{{.Names}} {{.Labels}}"}, []string{"rm", "--force", "--volumes"}},
	{"volume", []string{"volume", "ls", "--format", "{{.Name}}\t{{.Name}} {{.Labels}}"}, []string{"volume", "rm", "--force"}},
	{"network", []string{"network", "ls", "--no-trunc", "--format", "{{.ID}}\t{{.Name}} {{.Labels}}"}, []string{"network", "rm"}},
	{"image", []string{"images", "--format", "{{if eq .Tag \"<none>\"}}{{.ID}}{{else}}{{.Repository}}:{{.Tag}}{{end}}\t{{.Repository}}:{{.Tag}}"}, []string{"rmi", "--force"}},
}

// thing is one thing on the engine that a run made.
type thing struct{ kind, id, text, run string }

func (t thing) String() string {
	return fmt.Sprintf("%s %s (%s)", t.kind, t.id, strings.TrimSpace(t.text))
}

// list is all that runs of tests made and that is there.
func (k kind) things() (all []thing, err error) {
	out, err := docker(k.list...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		id, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if run := Of(text); run != "" {
			all = append(all, thing{k.name, id, text, run})
		}
	}
	return all, nil
}

// removeFrom removes from the engine what these runs made.
func removeFrom(these func(run string) bool) (failed error) {
	for _, k := range kinds {
		all, err := k.things()
		if err != nil {
			return err
		}
		for _, t := range all {
			if !these(t.run) {
				continue
			}
			// Two runs may begin at the same moment: what the other one removed is gone, which is what was wanted.
			if out, err := docker(append(append([]string{}, k.remove...), t.id)...); err != nil && !gone(out) {
				failed = errors.Join(failed, fmt.Errorf("%s: %s", t, out))
			}
		}
	}
	return failed
}

func gone(answer string) bool {
	answer = strings.ToLower(answer)
	return strings.Contains(answer, "no such") || strings.Contains(answer, "not found") || strings.Contains(answer, "already in progress")
}

func docker(args ...string) (string, error) {
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
