package e2e

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// onPodman says whether the tests run on podman: hack/podman-test runs some of them there.
var onPodman = sync.OnceValue(func() bool {
	out, _ := exec.Command("docker", "version").Output()
	return strings.Contains(string(out), "Podman Engine")
})

// address is where a container is on the network that a manifest calls bridge.
func (i *inspected) address() string {
	if onPodman() {
		return i.NetworkSettings.Networks["podman"].IPAddress
	}
	return i.NetworkSettings.Networks["bridge"].IPAddress
}

// TestLimitsOfEachEngine: where an engine cannot change limits, a change of them is a replacement that says so, and settles.
func TestLimitsOfEachEngine(t *testing.T) {
	b := newBench(t)
	limited := func(text string) string { return b.sleeper("a", "resources: {limits: {"+text+"}}") }
	b.Write("a.yaml", limited(`memory: 64Mi, pids: 100`))
	b.Apply(0)
	before := b.Running("a")
	if wrong := b.kernelLimits("a", 0, 64<<20, 100); wrong != "" {
		t.Error(wrong)
	}
	b.Write("a.yaml", limited(`cpu: 500m, memory: 96Mi`))
	plan := b.Do("diff")
	b.Apply(0)
	if wrong := b.kernelLimits("a", 500, 96<<20, 0); wrong != "" {
		t.Errorf("after a change: %s", wrong)
	}
	now := b.Running("a")
	if onPodman() {
		b.wantWords("diff", plan.Stdout, "recreate "+b.Name("a"), "spec.resources.limits.memory 64Mi → 96Mi", "this engine cannot change it in place")
	} else {
		b.wantWords("diff", plan.Stdout, "update "+b.Name("a"))
	}
	if replaced := now.ID != before.ID; replaced != onPodman() {
		t.Errorf("another container: %v", replaced)
	}
	if r := b.Do("diff"); r.Code != 0 {
		t.Errorf("diff of a converged workspace: %+v", r)
	}
}
