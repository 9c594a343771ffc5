package docker_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"go.uber.org/goleak"

	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
	"github.com/dual-dev/dual-reconciler/internal/testrun"
)

const (
	busybox = "busybox:latest"
	// soon is when a call to a busy engine on a slow machine has long been answered.
	soon = 5 * time.Minute
)

// shared is what the tests of one process share on the engine.
var shared = struct {
	once                 sync.Once
	err                  error
	volumeImage, network string
}{}

// suite is this run of the tests: the names of all that they make contain its name.
var suite *testrun.Run

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) (code int) {
	var err error
	if suite, err = testrun.Begin(true); err != nil {
		fmt.Fprintln(os.Stderr, err, "(these tests need a Docker engine: run `make engine`)")
		return 1
	}
	shared.volumeImage, shared.network = suite.Name+":volume", suite.Name+"-shared"
	code = m.Run()
	if err := dropShared(); err != nil {
		fmt.Fprintln(os.Stderr, "clean up:", err)
		code = max(code, 1)
	}
	if left := suite.End(); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: the tests left behind:\n%s\n", strings.Join(left, "\n"))
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// newEngine fails the test, and says what to do, where no engine answers.
func newEngine(t *testing.T) *docker.Engine {
	t.Helper()
	e, err := docker.New(docker.Options{UserAgent: "dual-reconciler-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if _, err := e.Info(ctx); err != nil {
		t.Fatalf("these tests need a Docker engine: run `make engine`: %v", err)
	}
	if _, err := e.Image(ctx, busybox); err != nil {
		t.Fatalf("these tests need the image %s: run `make engine`: %v", busybox, err)
	}
	return e
}

// raw is somebody else's client of the same engine.
func raw(t testing.TB) *client.Client {
	t.Helper()
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	return cli
}

// withShared makes the network and the image with a volume, once.
func withShared(t *testing.T) {
	t.Helper()
	cli := raw(t)
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		shared.err = makeShared(ctx, cli)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
}

func makeShared(ctx context.Context, cli *client.Client) error {
	if _, err := cli.NetworkCreate(ctx, shared.network, network.CreateOptions{Driver: "bridge"}); err != nil {
		return err
	}
	made, err := cli.ContainerCreate(ctx, &container.Config{Image: busybox}, nil, nil, nil, suite.Name+"-image")
	if err != nil {
		return err
	}
	_, err = cli.ContainerCommit(ctx, made.ID, container.CommitOptions{
		Reference: shared.volumeImage, Changes: []string{"VOLUME /data"},
		Config: &container.Config{}, // podman wants a body.
	})
	if removeErr := cli.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true}); err == nil {
		err = removeErr
	}
	return err
}

func dropShared() error {
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer cli.Close()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := cli.NetworkRemove(ctx, shared.network); err != nil && !strings.Contains(err.Error(), "not found") {
		return err
	}
	if _, err := cli.ImageRemove(ctx, shared.volumeImage, image.RemoveOptions{}); err != nil && !cerrdefs.IsNotFound(err) {
		return err
	}
	return nil
}
