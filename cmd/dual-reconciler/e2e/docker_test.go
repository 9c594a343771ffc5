package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"

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

func (b *bench) look(name string) *inspected {
	b.Helper()
	_, out, err := api().ContainerInspectWithRaw(context.Background(), name, false)
	if err != nil {
		return nil
	}
	c := &inspected{}
	if err := json.Unmarshal(out, c); err != nil {
		b.Fatalf("inspect %s: %v: %s", name, err, out)
	}
	return c
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
func (b *bench) containers(more ...string) []string {
	b.Helper()
	all := filtered(append(more, "label=dual.dev/instance="+b.Instance)...)
	list, err := api().ContainerList(context.Background(), container.ListOptions{All: true, Filters: all})
	if err != nil {
		b.Fatalf("list containers: %v", err)
	}
	var names []string
	for _, c := range list {
		names = append(names, strings.TrimPrefix(c.Names[0], "/"))
	}
	return names
}

// api is docker's own client, for what tests ask the engine many times: a process for each question costs as much as a container.
var api = sync.OnceValue(func() *client.Client {
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		panic(err)
	}
	return c
})

// filtered are filters as docker's command line takes them.
func filtered(all ...string) filters.Args {
	f := filters.NewArgs()
	for _, one := range all {
		key, value, _ := strings.Cut(one, "=")
		f.Add(key, value)
	}
	return f
}

// Inside runs a command in a workspace by the engine itself, and returns its output.
func (b *bench) Inside(short string, command ...string) string {
	b.Helper()
	out, err := b.tryInside(short, command...)
	if err != nil {
		b.Fatalf("%s: %q: %v\n%s", short, command, err, out)
	}
	return out
}

// tryInside is Inside for commands whose failure is an answer.
func (b *bench) tryInside(short string, command ...string) (string, error) {
	b.Helper()
	ctx := context.Background()
	made, err := api().ContainerExecCreate(ctx, b.Container(short),
		container.ExecOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return "", err
	}
	stream, err := api().ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return "", err
	}
	defer stream.Close()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, stream.Reader); err != nil {
		return out.String(), err
	}
	var ended container.ExecInspect
	b.Eventually("the engine has the exit code", func() string {
		ended, err = api().ContainerExecInspect(ctx, made.ID)
		return notYet(err != nil || !ended.Running)
	})
	if err == nil && ended.ExitCode != 0 {
		err = fmt.Errorf("exit code %d", ended.ExitCode)
	}
	return strings.TrimSpace(out.String()), err
}

// sweep removes what the test left on the engine: only what carries its instance's label. A removal that fails is made again,
// as the controller makes it again: on a busy machine, the engine finds files in use that it has just unmounted.
func (b *bench) sweep() {
	b.Helper()
	b.Eventually("clean up", func() string {
		removed, err := b.removeAll()
		switch {
		case err != nil:
			return err.Error()
		case removed > 0:
			return "there was something to remove"
		}
		return ""
	})
}

// removeAll removes the containers and the volumes of the test that the engine lists now, and returns how many those were.
func (b *bench) removeAll() (int, error) {
	label := "label=dual.dev/instance=" + b.Instance
	ctx := context.Background()
	containers, err := api().ContainerList(ctx, container.ListOptions{All: true, Filters: filtered(label)})
	if err != nil {
		return 0, err
	}
	var volumes []string
	var failed []error
	for _, c := range containers {
		// Those that were carried over from a previous container are not removed with it: the engine takes them for named.
		for _, m := range c.Mounts {
			if m.Type == mount.TypeVolume && (engine.MountedVolume{Name: m.Name}).Anonymous() {
				volumes = append(volumes, m.Name)
			}
		}
		err := api().ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !cerrdefs.IsNotFound(err) && !cerrdefs.IsConflict(err) {
			failed = append(failed, err)
		}
	}
	named, err := api().VolumeList(ctx, volume.ListOptions{Filters: filtered(label)})
	if err != nil {
		return 0, errors.Join(append(failed, err)...)
	}
	for _, v := range named.Volumes {
		volumes = append(volumes, v.Name)
	}
	for _, name := range volumes {
		if err := api().VolumeRemove(ctx, name, true); err != nil && !cerrdefs.IsNotFound(err) {
			failed = append(failed, err)
		}
	}
	return len(containers) + len(volumes), errors.Join(failed...)
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
