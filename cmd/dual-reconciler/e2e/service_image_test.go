package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// staticBinary tells hack/image of a binary that the compiler's cache has nearly all of: hack/image's own flags would compile
// everything anew for the test alone. Where the host is not Linux hack/image cross-compiles.
func staticBinary(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return "BINARY="
	}
	static := filepath.Join(t.TempDir(), "dual-reconciler")
	const flags = "-X main.release=test -linkmode external -extldflags -static"
	build := exec.Command("go", "build", "-C", "../../..", "-o", static, "-ldflags", flags, "./cmd/dual-reconciler")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build a static binary: %v\n%s", err, out)
	}
	return "BINARY=" + static
}

// TestContainerImage builds the image as make image does, and runs the controller in it beside the workspaces that it keeps.
func TestContainerImage(t *testing.T) {
	b := newBench(t)
	image := "dual-image-" + b.Instance
	build := exec.Command("../../../hack/image")
	build.Env = append(os.Environ(), staticBinary(t), "IMAGE="+image, "VERSION=test", "ARCHS="+b.docker("version", "--format", "{{.Server.Arch}}"))
	t.Cleanup(func() {
		for _, tag := range strings.Fields(b.docker("images", "--format", "{{.Repository}}:{{.Tag}}", image)) {
			b.docker("rmi", tag)
		}
	})
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the image: %v\n%s", err, out)
	}
	if out := b.docker("run", "--rm", image, "version"); !strings.HasPrefix(out, "dual-reconciler test ") {
		t.Errorf("version: %s", out)
	}

	shop := filepath.Join(b.Root, "shop")
	if err := os.MkdirAll(shop, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shop, "marker"), []byte("of the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.sleeper("a", "source: {path: ../shop}"))

	controller := "controller-" + b.Instance
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := b.tryDocker("logs", controller)
			t.Logf("log of the controller:\n%s", out)
		}
		_, _ = b.tryDocker("rm", "-fv", controller)
	})
	// Both work for the same machine.
	const machine = "DUAL_MACHINE_ID"
	same := []string{"--volume", "/etc/machine-id:/etc/machine-id:ro"}
	if _, err := os.Stat("/etc/machine-id"); err != nil {
		same = []string{"--env", machine + "=" + b.Instance}
		b.Env = append(b.Env, machine+"="+b.Instance)
	}
	b.docker(slices.Concat([]string{"run", "--detach", "--name", controller}, same, []string{
		"--volume", engineSocket() + ":/var/run/docker.sock",
		"--volume", b.Dir + ":" + b.Dir + ":ro", "--volume", shop + ":" + shop + ":ro",
		image, "run", "--manifests", b.Dir, "--instance", b.Instance, "--log-level", "debug",
	})...)
	before := b.Running("a")
	if out := b.Inside("a", "cat", "/workspace/marker"); out != "of the host" {
		t.Errorf("the source in the workspace: %s", out)
	}
	if from := before.Config.Labels["dual.dev/manifests"]; from != b.Dir {
		t.Errorf("the container came from %s, want the host's path %s", from, b.Dir)
	}
	b.Eventually("get in the controller's container", func() string {
		out, err := b.tryDocker("exec", controller, "/dual-reconciler", "get", "--manifests", b.Dir, "--instance", b.Instance)
		if err != nil || !containsAll(out, []string{b.Name("a"), "True", "Running"}) {
			return out
		}
		return ""
	})

	b.docker("stop", "--time", "30", controller)
	if code := b.docker("inspect", "--format", "{{.State.ExitCode}}", controller); code != "0" {
		t.Errorf("exit code after docker stop: %s", code)
	}
	b.Same("a", before)
	// What a controller in a container left, one on the host finds in order: both see the same paths.
	if r := b.Do("diff"); r.Code != 0 {
		t.Errorf("diff on the host: %+v", r)
	}

	b.docker("start", controller)
	b.Write("a.yaml", b.sleeper("a", "source: {path: ../shop}", `env: [{name: V, value: "2"}]`))
	b.Replaced("a", before)
}
