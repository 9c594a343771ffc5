package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// secondEngine is an engine that a test may kill.
type secondEngine struct {
	*bench
	dir  string
	cmd  *exec.Cmd
	log  logBuffer
	done chan struct{}
}

// newEngine starts an engine of its own for the test: other roots, another socket, no network.
func (b *bench) newEngine() *secondEngine {
	b.Helper()
	for _, program := range []string{"dockerd", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("no engine can be started here to kill it, and the one in use is not this test's to stop: %v", err)
		}
	}
	if os.Getuid() != 0 {
		b.Skip("only root can start an engine to kill it, and the one in use is not this test's to stop")
	}
	e := &secondEngine{bench: b, dir: b.State}
	b.Env = append(b.Env, "DOCKER_HOST="+e.host())
	e.up()
	b.Cleanup(e.end)
	return e
}

func (e *secondEngine) host() string { return "unix://" + filepath.Join(e.dir, "second.sock") }

func (e *secondEngine) sub(name string) string { return filepath.Join(e.dir, name) }

// up starts the engine in namespaces of its own. That is not for tidiness: a dockerd that is to have no bridge deletes the
// docker0 that it finds, which is the other engine's. And when the first process of a PID namespace is killed everything in
// it dies with it, containers too, as in a power cut.
func (e *secondEngine) up() {
	e.Helper()
	// What lives in /run does not outlive a power cut.
	if err := os.RemoveAll(e.sub("exec")); err != nil {
		e.Fatal(err)
	}
	_ = os.Remove(e.sub("dockerd.pid"))
	e.cmd = exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL",
		"dockerd", "--host", e.host(), "--data-root", e.sub("data"), "--exec-root", e.sub("exec"), "--pidfile", e.sub("dockerd.pid"),
		"--bridge", "none", "--iptables=false", "--ip-masq=false", "--cgroup-parent", "/"+e.Instance,
		// Should another engine's containerd be found, ours must not see its containers.
		"--containerd-namespace", e.Instance, "--containerd-plugins-namespace", e.Instance+"-plugins")
	e.cmd.Stdout, e.cmd.Stderr = &e.log, &e.log
	if err := e.cmd.Start(); err != nil {
		e.Fatal(err)
	}
	e.done = make(chan struct{})
	go func() {
		defer close(e.done)
		_ = e.cmd.Wait()
	}()
	e.Eventually("the second engine answers", func() string {
		if out, err := e.docker2("version"); err != nil {
			return out + e.log.String()
		}
		return ""
	})
}

// docker2 runs the docker client on the second engine.
func (e *secondEngine) docker2(args ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"-H", e.host()}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// crash ends the engine as a power cut does, as far as one process can.
func (e *secondEngine) crash() {
	_ = e.cmd.Process.Kill()
	<-e.done
}

// end ends the engine with everything in it; its files are the bench's to remove. The cgroups stay behind for a moment with
// the processes that are being reaped.
func (e *secondEngine) end() {
	e.crash()
	e.Eventually("the second engine's cgroups are removed", func() string {
		// Version 1 of cgroups has a hierarchy for each controller. Inner groups go first.
		for _, pattern := range []string{"*/" + e.Instance + "/*", "*/" + e.Instance, e.Instance + "/*", e.Instance} {
			groups, err := filepath.Glob("/sys/fs/cgroup/" + pattern)
			if err != nil {
				return err.Error()
			}
			for _, group := range groups {
				if info, err := os.Stat(group); err != nil || !info.IsDir() {
					continue // The files in a group go with it.
				}
				if err := os.Remove(group); err != nil && !os.IsNotExist(err) {
					return err.Error()
				}
			}
		}
		return ""
	})
	if e.Failed() {
		e.Logf("log of the second engine:\n%s", e.log.String())
	}
}

// running is the id and the start of the container of a workspace there, once it runs.
func (e *secondEngine) running(short string) (id, started string) {
	e.Helper()
	e.Eventually(short+" runs on the second engine", func() string {
		out, err := e.docker2("inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.State.Running}}", e.Container(short))
		fields := strings.Fields(out)
		if err != nil || len(fields) != 3 || fields[2] != "true" {
			return out
		}
		id, started = fields[0], fields[1]
		return ""
	})
	return id, started
}

func TestEngineKilledAndStarted(t *testing.T) {
	b := newBench(t)
	// The link is another engine's: it must be the same one afterwards. Where there is none both reads fail alike.
	const bridge = "/sys/class/net/docker0/ifindex"
	bridgeBefore, _ := os.ReadFile(bridge)
	e := b.newEngine()
	if now, _ := os.ReadFile(bridge); !bytes.Equal(now, bridgeBefore) {
		t.Fatalf("the second engine replaced docker0 (%s) of the one in use", bridge)
	}
	image, err := exec.Command("docker", "save", "busybox").Output()
	if err != nil {
		t.Fatal(err)
	}
	load := exec.Command("docker", "-H", e.host(), "load")
	load.Stdin = bytes.NewReader(image)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("load busybox: %v\n%s", err, out)
	}
	shorts := []string{"a", "b", "c"}
	for _, short := range shorts {
		b.Write(short+".yaml", b.sleeper(short, "network: none"))
	}
	l := b.Run()
	ids, starts := map[string]string{}, map[string]string{}
	for _, short := range shorts {
		ids[short], starts[short] = e.running(short)
	}
	e.crash()
	l.WaitLog("waiting for the engine")
	b.Delete("c.yaml")
	e.up()
	for _, short := range []string{"a", "b"} {
		b.Eventually(short+" was started again", func() string {
			id, started := e.running(short)
			switch {
			case id != ids[short]:
				t.Fatalf("%s was recreated", short)
			case started == starts[short]:
				return "it runs since before the engine died"
			}
			return ""
		})
	}
	b.Eventually("the workspace deleted meanwhile is gone", func() string {
		out, _ := e.docker2("ps", "-aq", "--filter", "name="+b.Container("c"))
		return out
	})
	b.Says("a", "Running")
}
