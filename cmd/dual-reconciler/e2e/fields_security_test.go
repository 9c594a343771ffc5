package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// status reads a line of a process's /proc/…/status in a workspace.
func (b *bench) procStatus(short, key string) string {
	b.Helper()
	for _, line := range strings.Split(b.Inside(short, "cat", "/proc/self/status"), "\n") {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	b.Fatalf("no %s in the status of %s", key, short)
	return ""
}

// The bits of linux/capability.h.
const (
	capChown    = 0
	capNetAdmin = 12
	capNetRaw   = 13
	capSysAdmin = 21
)

func (b *bench) has(short string, capability int) bool {
	b.Helper()
	mask, err := strconv.ParseUint(b.procStatus(short, "CapEff"), 16, 64)
	if err != nil {
		b.Fatal(err)
	}
	return mask&(1<<capability) != 0
}

func TestSecurityContext(t *testing.T) {
	b := newBench(t)
	b.Write("plain.yaml", b.sleeper("plain"))
	b.Write("user.yaml", b.sleeper("user", `securityContext: {user: "1000:1001"}`))
	b.Write("caps.yaml", b.sleeper("caps", `securityContext: {capabilities: {add: [NET_ADMIN], drop: [NET_RAW]}}`))
	b.Write("dropall.yaml", b.sleeper("dropall", `securityContext: {capabilities: {add: [CHOWN], drop: [ALL]}}`))
	b.Write("readonly.yaml", b.sleeper("readonly", `securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false}`,
		"mounts: [{type: tmpfs, target: /tmp}]"))
	b.Write("privileged.yaml", b.sleeper("privileged", `securityContext: {capabilities: {add: [SYS_ADMIN]}}`))
	r := b.Apply(1)
	b.wantWords("apply", r.Stderr, "privileged.yaml:", "amounts to privileged mode")
	if b.Look("privileged") != nil {
		t.Error("a workspace with SYS_ADMIN was created")
	}

	if got := b.Inside("user", "sh", "-c", "id -u; id -g"); got != "1000\n1001" {
		t.Errorf("user: %q", got)
	}
	if got := b.Inside("plain", "id", "-u"); got != "0" {
		t.Errorf("the default user is %q, not the image's", got)
	}
	for short, want := range map[string]map[int]bool{
		"plain":   {capChown: true, capNetRaw: true, capNetAdmin: false, capSysAdmin: false},
		"caps":    {capChown: true, capNetRaw: false, capNetAdmin: true, capSysAdmin: false},
		"dropall": {capChown: true, capNetRaw: false, capNetAdmin: false, capSysAdmin: false},
	} {
		for capability, wanted := range want {
			if b.has(short, capability) != wanted {
				t.Errorf("%s: capability %d is %v", short, capability, !wanted)
			}
		}
	}
	if out, err := b.tryInside("readonly", "touch", "/file"); err == nil {
		t.Errorf("the root file system is writable: %s", out)
	}
	b.Inside("readonly", "touch", "/tmp/file")
	b.Inside("plain", "touch", "/file")
	if got := b.procStatus("readonly", "NoNewPrivs"); got != "1" {
		t.Errorf("allowPrivilegeEscalation: false, and NoNewPrivs is %s", got)
	}
	if got := b.procStatus("plain", "NoNewPrivs"); got != "0" {
		t.Errorf("allowPrivilegeEscalation is not set, and NoNewPrivs is %s", got)
	}
	if got := b.docker("inspect", "--format", "{{.HostConfig.Privileged}} {{.HostConfig.PidMode}} {{.HostConfig.NetworkMode}} {{len .HostConfig.Devices}}", b.Container("plain")); got != "false  bridge 0" {
		t.Errorf("privileged, PID mode, network mode, devices: %q", got)
	}
}

func TestSetup(t *testing.T) {
	b := newBench(t)
	b.mkdir(b.Dir + "/../src")
	b.Write("a.yaml", b.sleeper("a", "source: {path: ../src}", `setup: "echo ran >>/setups; echo seen $PWD; test -e go"`))
	b.Run()
	b.Says("a", "SetupFailed", "setup exited with code 1", "seen /workspace", "next try at")
	before := b.Running("a")
	b.file(b.Dir+"/../src/go", "")
	b.Says("a", "Running")
	if wrong := b.unchanged("a", before); wrong != "" {
		t.Errorf("the setup is tried again in the same container: %s", wrong)
	}
	runs := strings.Count(b.Inside("a", "cat", "/setups"), "ran")
	if runs < 2 {
		t.Errorf("the setup ran %d times", runs)
	}
	b.docker("restart", "-t", "0", b.Container("a"))
	b.Says("a", "Running")
	if now := strings.Count(b.Inside("a", "cat", "/setups"), "ran"); now != runs {
		t.Error("the setup ran again in a container that it had succeeded in")
	}
}
