package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func TestCreate(t *testing.T) {
	check(t, "image present", input(want()), `
create web: no container
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "image absent", input(want(), absentImage), `
create web: no container
  pull node:20
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "PullAlways", input(want(pullPolicy(v1alpha1.PullAlways))), `
create web: no container
  pull node:20
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "PullNever, image present", input(want(pullPolicy(v1alpha1.PullNever))), `
create web: no container
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "PullNever, image absent", input(want(pullPolicy(v1alpha1.PullNever)), absentImage), `
=> stalled ImagePullFailed: image node:20 is not present, and imagePullPolicy is Never: pull or build it, or change the policy
   wake in 10s
`)
	golden(t, "with named volume and setup", input(want(volume("modules", "/m"), setup("pnpm install"))))
	check(t, "state Stopped, with setup", input(want(stopped, setup("pnpm install"))), `
create web: no container
  create dual-web
=> Pending: waiting to be created
`)
	missing := want()
	missing.Missing = []string{"/src/shop", "/src/.env"}
	check(t, "SourceNotFound", input(missing), `
=> stalled SourceNotFound: waiting for /src/shop, /src/.env to exist on the host
`)
	check(t, "backing off", input(want(), failedBefore(plan.KindCreate, 4)), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
	check(t, "backoff over", input(want(), failedBefore(plan.KindCreate, 0)), `
create web: no container
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	paused := want()
	paused.Paused = true
	check(t, "paused", input(paused), `
=> Paused: paused by the annotation dual.dev/reconcile; what is due: create (no container)
`)
}

func TestCreatedContainerIsWhatTheSpecSays(t *testing.T) {
	spec := v1alpha1.WorkspaceSpec{
		Image: "node:22", Command: []string{"sh", "-c"}, Args: []string{"pnpm dev"}, Hostname: "shop", Network: "lan",
		Source: &v1alpha1.Source{Path: "/src/shop"}, Init: ptr.To(false), TerminationGracePeriodSeconds: ptr.To[int64](3),
		EnvFrom: []v1alpha1.EnvFromSource{{File: "/src/.env"}},
		Mounts: []v1alpha1.Mount{
			{Type: v1alpha1.MountVolume, Name: "modules", Target: "/m"},
			{Type: v1alpha1.MountBind, Source: "/home/me/.npmrc", Target: "/root/.npmrc", ReadOnly: true},
			{Type: v1alpha1.MountTmpfs, Target: "/tmp"},
		},
		SecurityContext: v1alpha1.SecurityContext{
			User: "1000:1000", ReadOnlyRootFilesystem: true, AllowPrivilegeEscalation: ptr.To(false),
			Capabilities: v1alpha1.Capabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"ALL"}},
		},
	}
	cpu("1500m")(&spec)
	memory("1Gi")(&spec)
	d := &plan.Desired{Spec: spec, Env: []string{"SECRET=1", "A=b"}, EnvFromHash: "sha256:1", Source: "team/web.yaml"}
	p := plan.Make(input(d))
	var got *engine.ContainerSpec
	for _, s := range p.Actions[0].Steps {
		if s.Op == plan.OpCreate {
			got = s.Create
		}
	}
	record := `{"args":["pnpm dev"],"command":["sh","-c"],"envFromHash":"sha256:1","hostname":"shop","image":"node:22","init":false,` +
		`"mounts":[{"name":"modules","target":"/m","type":"volume"},{"readOnly":true,"source":"/home/me/.npmrc","target":"/root/.npmrc","type":"bind"},` +
		`{"target":"/tmp","type":"tmpfs"}],"network":"lan","resources":{"limits":{"cpu":"1500m","memory":"1Gi"}},` +
		`"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"add":["SYS_PTRACE"],"drop":["ALL"]},"readOnlyRootFilesystem":true,"user":"1000:1000"},` +
		`"source":{"path":"/src/shop"},"terminationGracePeriodSeconds":3}`
	expected := &engine.ContainerSpec{
		Name: final, Hostname: "shop", Image: "node:22", Command: []string{"sh", "-c"}, Args: []string{"pnpm dev"},
		Labels: map[string]string{
			v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: workspace, v1alpha1.LabelManifests: directory,
			v1alpha1.LabelSource: "team/web.yaml", v1alpha1.LabelSpec: record,
		},
		WorkingDir: "/workspace", Env: []string{"SECRET=1", "A=b"}, Network: "lan", StopTimeout: 3e9, User: "1000:1000",
		CapAdd: []string{"SYS_PTRACE"}, CapDrop: []string{"ALL"}, ReadOnlyRootFS: true, NoNewPrivileges: true,
		Limits: engine.Limits{CPU: 1_500_000_000, Memory: 1 << 30},
		Mounts: []engine.Mount{
			{Type: engine.MountBind, Source: "/src/shop", Target: "/workspace"},
			{Type: engine.MountVolume, Source: "modules", Target: "/m"},
			{Type: engine.MountBind, Source: "/home/me/.npmrc", Target: "/root/.npmrc", ReadOnly: true},
			{Type: engine.MountTmpfs, Target: "/tmp"},
		},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("container (-want +got):\n%s", diff)
	}
}

// Trap 16: what was written into a path that the image declares as a volume is there again in the next container.
func TestTrap16AnonymousVolumesAreCarriedOver(t *testing.T) {
	before := running(specOf(volume("modules", "/m")),
		mounted(anonymous("1"), "/var/lib/data"), mounted(anonymous("2"), "/cache"))
	in := input(want(image("node:22"), volume("modules", "/m"), volume("cache", "/cache")), having(before))
	in.Memory = plan.Remember(in)
	var mounts []engine.Mount
	for _, s := range plan.Make(in).Actions[0].Steps {
		if s.Op == plan.OpCreate {
			mounts = s.Create.Mounts
		}
		if s.Op == plan.OpRemoveVolume {
			t.Errorf("step %s: a replacement removes no volume", s)
		}
	}
	expected := []engine.Mount{
		{Type: engine.MountVolume, Source: "modules", Target: "/m"},
		{Type: engine.MountVolume, Source: "cache", Target: "/cache"},
		{Type: engine.MountVolume, Source: anonymous("1"), Target: "/var/lib/data"},
	}
	if diff := cmp.Diff(expected, mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}
