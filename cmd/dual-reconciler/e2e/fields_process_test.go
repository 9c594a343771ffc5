package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestProcessFields(t *testing.T) {
	b := newBench(t)
	b.Write("plain.yaml", b.sleeper("plain"))
	b.Write("set.yaml", b.manifest("set", "image: busybox",
		`command: ["sh", "-c"]`, `args: ["pwd; echo $0 $1; exec sleep 1000000", "zero", "two words"]`,
		"workingDir: /tmp", "hostname: other-host", "terminationGracePeriodSeconds: 1"))
	// Without a command the args go to the image's entrypoint: that of busybox is empty, so they are the command.
	b.Write("args.yaml", b.manifest("args", "image: busybox", `args: ["sleep", "1000000"]`, "terminationGracePeriodSeconds: 1"))
	b.Write("noinit.yaml", b.manifest("noinit", "image: busybox", `command: ["sleep", "1000000"]`, "init: false", "terminationGracePeriodSeconds: 0"))
	b.Apply(0)

	if got := b.Inside("plain", "hostname"); got != b.Name("plain") {
		t.Errorf("hostname %q", got)
	}
	if got := b.Inside("set", "hostname"); got != "other-host" {
		t.Errorf("hostname %q, want other-host", got)
	}
	if got := b.docker("logs", b.Container("set")); got != "/tmp\nzero two words" {
		t.Errorf("command, args and workingDir: %q", got)
	}
	if got := b.Inside("set", "pwd"); got != "/tmp" {
		t.Errorf("working directory %q", got)
	}
	if got := b.Inside("args", "cat", "/proc/1/cmdline"); !strings.Contains(got, "sleep\x001000000") {
		t.Errorf("args alone run %q", got)
	}
	if got := b.Inside("noinit", "cat", "/proc/1/comm"); got != "sleep" {
		t.Errorf("init: false, and PID 1 is %q", got)
	}
	if got := b.Inside("plain", "cat", "/proc/1/comm"); got != "docker-init" && got != "tini" {
		t.Errorf("init: true, and PID 1 is %q", got)
	}
	// The child outlives its parent, becomes init's, and ends: without an init that reaps it stays as a zombie.
	b.Inside("plain", "sh", "-c", "(sleep 0.1 &) ; true")
	b.Eventually("zombies are reaped", func() string {
		states := b.Inside("plain", "sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null || true")
		if strings.Contains(states, ") Z ") || strings.Contains(states, "(sleep) S 1 ") && strings.Count(states, "(sleep)") > 1 {
			return states
		}
		return ""
	})
	if policy := b.Look("plain").HostConfig.RestartPolicy.Name; policy != "no" && policy != "" {
		t.Errorf("docker's own restart policy is %q: there is one restarter", policy)
	}
}

func TestGracePeriod(t *testing.T) {
	b := newBench(t)
	deaf := func(short, grace string) string {
		return b.manifest(short, "image: busybox", `command: ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]`,
			"init: false", "terminationGracePeriodSeconds: "+grace)
	}
	b.Write("deaf.yaml", deaf("deaf", "2"))
	b.Write("polite.yaml", b.manifest("polite", "image: busybox",
		`command: ["sh", "-c", "trap 'sleep 0.5; echo saved >/kept/file; exit 0' TERM; echo ready; while :; do sleep 0.1; done"]`,
		"terminationGracePeriodSeconds: 30", "volumeReclaimPolicy: Retain",
		"mounts: [{type: volume, name: "+b.Name("kept")+", target: /kept}]"))
	b.Run("--prune-delay", "0s", "--allow-empty")
	for _, short := range []string{"deaf", "polite"} {
		b.Running(short)
		b.Eventually(short+" traps", func() string { return notYet(b.docker("logs", b.Container(short)) == "ready") })
	}
	began := time.Now()
	b.Delete("deaf.yaml")
	b.Delete("polite.yaml")
	b.Eventually("it is being stopped", func() string {
		return notYet(strings.Contains(b.Do("get", "-o", "wide").Stdout, "Removing") || b.Look("deaf") == nil)
	})
	b.Gone("deaf")
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("the process that ignores SIGTERM was killed after %s, before its 2 s", took)
	}
	b.Gone("polite")
	// Only a process that SIGTERM reached has saved.
	if kept := b.docker("run", "--rm", "--label", "dual.dev/instance="+b.Instance, "-v", b.Name("kept")+":/kept", "busybox", "cat", "/kept/file"); kept != "saved" {
		t.Errorf("the process was not given time to save: %q", kept)
	}
}

func notYet(done bool) string {
	if done {
		return ""
	}
	return "not yet"
}

func TestRestartPolicies(t *testing.T) {
	b := newBench(t)
	for _, policy := range []string{"Always", "OnFailure", "Never"} {
		for _, code := range []int{0, 3} {
			short := fmt.Sprintf("%s%d", strings.ToLower(policy), code)
			// The restarts are counted in a volume, since a restarted container keeps its files.
			b.Write(short+".yaml", b.manifest(short, "image: busybox", "restartPolicy: "+policy,
				fmt.Sprintf(`command: ["sh", "-c", "echo ran >>/runs; exit %d"]`, code), "terminationGracePeriodSeconds: 0"))
		}
	}
	b.Run()
	runs := func(short string) int {
		out, err := b.tryDocker("cp", b.Container(short)+":/runs", "-")
		if err != nil {
			return 0
		}
		return strings.Count(out, "ran\n")
	}
	for short, words := range map[string][2]string{
		"always0": {"CrashLoopBackOff", "exited with code 0"}, "always3": {"CrashLoopBackOff", "exited with code 3"},
		"onfailure3": {"CrashLoopBackOff", "exited with code 3"}, "onfailure0": {"Completed", "exited with code 0"},
		"never0": {"Completed", "restartPolicy is Never"}, "never3": {"Exited", "exited with code 3"},
	} {
		b.Says(short, words[0], words[1])
		again := words[0] == "CrashLoopBackOff"
		b.Eventually(short+" ran as often as its policy says", func() string {
			n := runs(short)
			if !again && n > 1 {
				t.Fatalf("%s ran %d times", short, n)
			}
			return notYet(again && n > 1 || !again && n == 1)
		})
	}
	b.Eventually("get shows each of them", func() string { // Those that wait may be starting just now.
		if out := b.Do("get").Stdout; !containsAll(out, []string{"CrashLoopBackOff", "Completed", "Exited"}) {
			return out
		}
		return ""
	})
}

func TestStateStopped(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	before := b.Running("a")
	b.Write("a.yaml", b.sleeper("a", "state: Stopped"))
	b.Eventually("a is stopped and kept", func() string {
		now := b.Look("a")
		if now == nil || now.ID != before.ID {
			t.Fatal("the container was not kept")
		}
		return notYet(now.State.Status == "exited")
	})
	b.Says("a", "Stopped")
	b.Write("a.yaml", b.sleeper("a"))
	if now := b.Running("a"); now.ID != before.ID {
		t.Error("the container was recreated to be started")
	}
	b.Write("new.yaml", b.sleeper("new", "state: Stopped"))
	b.Says("new", "Stopped")
	if now := b.Look("new"); now == nil || now.State.Running {
		t.Errorf("a new workspace that is to be stopped: %+v", now)
	}
}

func TestPausedByAnnotation(t *testing.T) {
	b := newBench(t)
	paused := func(value, extra string) string {
		return strings.Replace(b.sleeper("a", extra), "\nspec:", "\n  annotations: {dual.dev/reconcile: "+value+"}\nspec:", 1)
	}
	b.Write("a.yaml", paused("enabled", "hostname: one"))
	b.Run("--prune-delay", "100ms")
	before := b.Running("a")
	b.Write("a.yaml", paused("disabled", "hostname: two"))
	b.Says("a", "Paused", "dual.dev/reconcile")
	b.docker("kill", before.ID)
	b.Always("a paused workspace is left alone", 1500*time.Millisecond, func() string {
		if now := b.Look("a"); now == nil || now.ID != before.ID || now.State.Running {
			return "it was touched"
		}
		return ""
	})
	b.Write("a.yaml", paused("enabled", "hostname: two"))
	b.Eventually("the change is carried out after the pause", func() string {
		now := b.Look("a")
		return notYet(now != nil && now.State.Running && now.Config.Hostname == "two")
	})
}
