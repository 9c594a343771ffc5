package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// processes are how many processes of a workspace's container have this text in their command line.
func (b *bench) processes(short, text string) int {
	b.Helper()
	n := 0
	out, err := b.tryDocker("top", b.Container(short), "-o", "pid,args")
	if err != nil {
		return 0 // It does not run yet, or is being restarted.
	}
	for _, line := range strings.Split(out, "\n") {
		if strings.HasSuffix(line, text) {
			n++
		}
	}
	return n
}

// wantProcesses waits until that many run, and fails as soon as more do.
func (b *bench) wantProcesses(short, text string, want int) {
	b.Helper()
	b.Eventually(fmt.Sprintf("%d of %s", want, text), func() string {
		n := b.processes(short, text)
		if n > max(1, want) {
			b.Fatalf("%d of %s at a time", n, text)
		}
		if n != want {
			return fmt.Sprintf("there are %d", n)
		}
		return ""
	})
}

// A setup that starts children of each kind: in the background, in a session of their own, without an environment.
const hungSetup = `setup: "(setsid sleep 7001 &) ; env -i sleep 7002 & sleep 7003"`

func TestOneSetupOverEditsAndControllers(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", hungSetup))
	loop := b.Run(quick...)
	b.wantProcesses("a", "sleep 7003", 1)
	before := b.Look("a")
	pid := b.docker("top", before.ID, "-o", "pid,args")
	b.Write("a.yaml", b.sleeper("a", hungSetup, "resources: {limits: {pids: 4096}}"))
	b.Until("a", "is updated", func(now *inspected) string {
		if now.HostConfig.PidsLimit != 4096 {
			return "the limit is not set"
		}
		return ""
	})
	if now := b.docker("top", before.ID, "-o", "pid,args"); now != pid {
		t.Errorf("the processes were\n%s\nand are\n%s", pid, now)
	}
	loop.Kill()
	loop = b.Run(quick...)
	for _, child := range []string{"sleep 7001", "sleep 7002", "sleep 7003"} {
		b.wantProcesses("a", child, 1)
	}
	b.Eventually("other processes", func() string {
		if now := b.docker("top", before.ID, "-o", "pid,args"); now == pid {
			return "the setup of before goes on"
		}
		return ""
	})
	b.wantProcesses("a", "sleep 7001", 1)
	b.Write("a.yaml", b.sleeper("a", `setup: "true"`))
	b.Shows("a", "Running")
	if now := b.Look("a"); now.ID == before.ID {
		t.Error("a changed setup needs another container")
	}
	loop.Stop()
}

func TestSetupTimeout(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", hungSetup, "setupTimeoutSeconds: 2"))
	b.Run(quick...)
	b.Eventually("an event", func() string {
		if out := b.Do("events").Stdout; !strings.Contains(out, "spec.setupTimeoutSeconds (2s)") {
			return out
		}
		return ""
	})
	b.Write("a.yaml", b.sleeper("a", `setup: "(setsid sleep 7001 &) ; env -i sleep 7002 & sleep 7003"`, "setupTimeoutSeconds: 100"))
	for _, child := range []string{"sleep 7001", "sleep 7002", "sleep 7003"} {
		b.wantProcesses("a", child, 1)
	}
}

func TestAHungSetupBlocksNothing(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", hungSetup))
	b.Run(quick...)
	b.wantProcesses("a", "sleep 7003", 1)
	b.Shows("a", "SettingUp", "since", "limit is 30m0s")
	before := b.Look("a")
	b.docker("pause", before.ID)
	b.Running("a")
	if r := b.Do("restart", b.Name("a")); r.Code != 0 {
		t.Fatalf("restart: %+v", r)
	}
	b.Until("a", "is restarted", func(now *inspected) string {
		if now.State.StartedAt == before.State.StartedAt || !now.State.Running {
			return "not yet"
		}
		return ""
	})
	b.wantProcesses("a", "sleep 7001", 1)
}

// A probe of a user who is not root, that hangs with its children.
func TestHungProbesDoNotPileUp(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `securityContext: {user: "1000:1000", readOnlyRootFilesystem: true}`,
		`livenessProbe: {exec: {command: [sh, -c, "setsid sleep 7001 & sleep 7002"]}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1000}`))
	loop := b.Run(quick...)
	seen := func() {
		b.wantProcesses("a", "sleep 7001", 1)
		b.wantProcesses("a", "sleep 7001", 0)
	}
	for range 3 {
		seen()
	}
	b.wantProcesses("a", "sleep 7001", 1)
	loop.Kill()
	b.Run(quick...)
	for range 3 {
		seen()
	}
}

// A credential helper that asks somebody who is not there.
func TestACredentialHelperThatSleeps(t *testing.T) {
	b := newBench(t)
	bin, config := filepath.Join(b.Root, "bin"), filepath.Join(b.Root, "config")
	for _, dir := range []string{bin, config} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{
		filepath.Join(bin, "docker-credential-sleeps"): "#!/bin/sh\necho $$ >>" + filepath.Join(b.Root, "pids") + "\nexec sleep 7004\n",
		filepath.Join(config, "config.json"):           `{"credsStore": "sleeps"}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b.Env = append(b.Env, "DOCKER_CONFIG="+config, "PATH="+bin+":"+os.Getenv("PATH"))
	b.Write("a.yaml", b.manifest("a", "image: 127.0.0.1:1/no/such:image"))
	t.Cleanup(func() {
		// The program that asked is killed at the end of the test, and cannot end what it asked.
		for _, pid := range strings.Fields(b.read(filepath.Join(b.Root, "pids"))) {
			_ = exec.Command("kill", "-9", pid).Run()
		}
	})
	b.Run(quick...)
	b.Shows("a", "ImagePullFailed", "credential helper for registry 127.0.0.1:1")
}
