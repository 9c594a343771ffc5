package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// inspected is what docker inspect says of a container, as far as tests look at it.
type inspected struct {
	ID      string `json:"Id"`
	Name    string
	Image   string
	Created string
	State   struct {
		Status                string
		Running, Paused       bool
		ExitCode              int
		StartedAt, FinishedAt string
	}
	Config struct {
		Image, Hostname, User, WorkingDir string
		Env, Cmd, Entrypoint              []string
		Labels                            map[string]string
	}
	HostConfig struct {
		NanoCpus, Memory, PidsLimit int64
		RestartPolicy               struct{ Name string }
	}
	Mounts []struct {
		Type, Name, Source, Destination string
		RW                              bool
	}
	NetworkSettings struct {
		Networks map[string]struct{ IPAddress string }
	}
}

// docker runs the docker client and fails the test where it fails.
func (b *bench) docker(args ...string) string {
	b.Helper()
	out, err := exec.Command("docker", b.marked(args)...).CombinedOutput()
	if err != nil {
		b.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// tryDocker runs the docker client where failing is an answer.
func (b *bench) tryDocker(args ...string) (string, error) {
	out, err := exec.Command("docker", b.marked(args)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// marked adds the test's label to what makes something: what has no name of this run has to be found by its label.
func (b *bench) marked(args []string) []string {
	for _, making := range [][]string{{"run"}, {"create"}, {"volume", "create"}, {"network", "create"}} {
		if n := len(making); len(args) > n && slices.Equal(args[:n], making) {
			return slices.Concat(making, []string{"--label", "dual.dev/e2e=" + b.Instance}, args[n:])
		}
	}
	return args
}

// Look inspects the container of a workspace; nil where there is none.
func (b *bench) Look(short string) *inspected { return b.look(b.Container(short)) }

func (b *bench) look(container string) *inspected {
	b.Helper()
	out, err := exec.Command("docker", "inspect", "--type", "container", container).Output()
	if err != nil {
		return nil
	}
	var list []inspected
	if err := json.Unmarshal(out, &list); err != nil || len(list) != 1 {
		b.Fatalf("inspect %s: %v: %s", container, err, out)
	}
	return &list[0]
}

// Running waits until the container of a workspace runs under its name, and returns it.
func (b *bench) Running(short string) *inspected {
	b.Helper()
	var seen *inspected
	b.Eventually(short+" runs", func() string {
		seen = b.Look(short)
		switch {
		case seen == nil:
			return "no container"
		case !seen.State.Running || seen.State.Paused:
			return "it is " + seen.State.Status
		}
		return ""
	})
	return seen
}

// Gone waits until a workspace has no container at all.
func (b *bench) Gone(short string) {
	b.Helper()
	b.Eventually(short+" is gone", func() string {
		return strings.Join(b.containers("label=dual.dev/workspace="+b.Name(short)), " ")
	})
}

// containers are the names of the instance's containers, sorted as docker does.
func (b *bench) containers(filters ...string) []string {
	b.Helper()
	args := []string{"ps", "-a", "--format", "{{.Names}}", "--filter", "label=dual.dev/instance=" + b.Instance}
	for _, f := range filters {
		args = append(args, "--filter", f)
	}
	return strings.Fields(b.docker(args...))
}

// Inside runs a command in a workspace by docker itself and returns its output.
func (b *bench) Inside(short string, command ...string) string {
	b.Helper()
	return b.docker(append([]string{"exec", b.Container(short)}, command...)...)
}

// sweep removes what the test left on the engine: only what carries its instance's label.
func (b *bench) sweep() {
	label := "label=dual.dev/instance=" + b.Instance
	anonymous := b.anonymousVolumes(label)
	defer func() {
		if len(anonymous) > 0 {
			_, _ = b.tryDocker(append([]string{"volume", "rm", "-f"}, anonymous...)...)
		}
	}()
	for _, kind := range []struct{ list, remove []string }{
		{[]string{"ps", "-aq", "--filter", label}, []string{"rm", "-fv"}},
		{[]string{"volume", "ls", "-q", "--filter", label}, []string{"volume", "rm", "-f"}},
	} {
		out, err := b.tryDocker(kind.list...)
		if ids := strings.Fields(out); err == nil && len(ids) > 0 {
			if out, err := b.tryDocker(append(kind.remove, ids...)...); err != nil {
				b.Errorf("clean up: %s", out)
			}
		}
	}
}

// anonymousVolumes are those that containers mount and that nobody named. docker rm -v leaves those that were carried over from a
// previous container: the engine takes them for named.
func (b *bench) anonymousVolumes(label string) []string {
	ids, _ := b.tryDocker("ps", "-aq", "--filter", label)
	if ids == "" {
		return nil
	}
	const names = `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`
	out, err := b.tryDocker(append([]string{"inspect", "--format", names}, strings.Fields(ids)...)...)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(out), func(name string) bool { return !engine.MountedVolume{Name: name}.Anonymous() })
}

// unchangedID says "" while the container of a workspace is the same one and was not started again.
func (b *bench) unchanged(short string, before *inspected) string {
	now := b.Look(short)
	switch {
	case now == nil:
		return "the container is gone"
	case now.ID != before.ID:
		return "the container was recreated"
	case now.State.StartedAt != before.State.StartedAt:
		return "the container was restarted"
	case !now.State.Running:
		return fmt.Sprintf("the container is %s", now.State.Status)
	}
	return ""
}

func TestCreateAndRemove(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	loop := b.Run()
	b.Running("a")
	before := b.Running("b")
	b.Delete("a.yaml")
	b.Gone("a")
	if wrong := b.unchanged("b", before); wrong != "" {
		t.Fatalf("b: %s", wrong)
	}
	loop.Stop()
	if wrong := b.unchanged("b", before); wrong != "" {
		t.Fatalf("b after the end of the controller: %s", wrong)
	}
}
