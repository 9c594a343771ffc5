package plan_test

import (
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

const (
	instance  = "test"
	workspace = "web"
	directory = "/manifests"
	final     = "dual-web"
	next      = "dual-web.next"
	old       = "dual-web.old"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type specEdit func(*v1alpha1.WorkspaceSpec)

func specOf(edits ...specEdit) v1alpha1.WorkspaceSpec {
	s := v1alpha1.WorkspaceSpec{Image: "node:20"}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

func image(ref string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.Image = ref } }

func command(words ...string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Command = words }
}

func setup(command string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.Setup = command } }

func stopped(s *v1alpha1.WorkspaceSpec) { s.State = v1alpha1.StateStopped }

func pullPolicy(p v1alpha1.PullPolicy) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.ImagePullPolicy = p }
}

func restartPolicy(p v1alpha1.RestartPolicy) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.RestartPolicy = p }
}

func env(name, value string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Env = append(s.Env, v1alpha1.EnvVar{Name: name, Value: value}) }
}

func cpu(q string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.CPU = ptr.To(resource.MustParse(q)) }
}

func memory(q string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.Memory = ptr.To(resource.MustParse(q)) }
}

func volume(name, target string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) {
		s.Mounts = append(s.Mounts, v1alpha1.Mount{Type: v1alpha1.MountVolume, Name: name, Target: target})
	}
}

func reclaim(s *v1alpha1.WorkspaceSpec) { s.VolumeReclaimPolicy = v1alpha1.VolumeDelete }

func grace(seconds int64) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.TerminationGracePeriodSeconds = &seconds }
}

func network(n string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.Network = n } }

func probe(command ...string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) {
		s.LivenessProbe = &v1alpha1.Probe{Exec: v1alpha1.ExecAction{Command: command}}
	}
}

// want is what a manifest asks for.
func want(edits ...specEdit) *plan.Desired {
	return &plan.Desired{Spec: specOf(edits...), Source: "web.yaml"}
}

type boxEdit func(*engine.Container)

// box is a container that was made from a spec.
func box(id, name string, state engine.State, spec v1alpha1.WorkspaceSpec, edits ...boxEdit) engine.Container {
	label, err := specdiff.LastApplied{WorkspaceSpec: spec}.Canonical()
	if err != nil {
		panic(err)
	}
	n := spec.Network
	if n == "" {
		n = v1alpha1.NetworkBridge
	}
	c := engine.Container{
		ID: id, Name: name, State: state, Networks: map[string]string{n: ""},
		Labels: map[string]string{
			v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: workspace,
			v1alpha1.LabelManifests: directory, v1alpha1.LabelSource: "web.yaml", v1alpha1.LabelSpec: label,
		},
	}
	for _, m := range spec.Mounts {
		if m.Type == v1alpha1.MountVolume {
			c.Volumes = append(c.Volumes, engine.MountedVolume{Name: m.Name, Target: path.Clean(m.Target)})
		}
	}
	for _, edit := range edits {
		edit(&c)
	}
	return c
}

// anonymous is the name of a volume that nobody named, such as 3333….
func anonymous(digit string) string { return strings.Repeat(digit, 64) }

func running(spec v1alpha1.WorkspaceSpec, edits ...boxEdit) engine.Container {
	return box("c1", final, engine.StateRunning, spec, edits...)
}

// exited ran for a minute and ended a second ago.
func exited(code int, edits ...boxEdit) boxEdit {
	return func(c *engine.Container) {
		c.State = engine.StateExited
		c.Details = &engine.Details{ExitCode: code, StartedAt: now.Add(-61 * time.Second), FinishedAt: now.Add(-time.Second)}
		for _, edit := range edits {
			edit(c)
		}
	}
}

// endedAtOnce ended as soon as it was started.
func endedAtOnce(code int) boxEdit {
	return func(c *engine.Container) {
		c.State = engine.StateExited
		c.Details = &engine.Details{ExitCode: code, StartedAt: now.Add(-time.Second), FinishedAt: now.Add(-940 * time.Millisecond)}
	}
}

func inspected(l engine.Limits) boxEdit {
	return func(c *engine.Container) { c.Details = &engine.Details{Limits: l, StartedAt: now.Add(-time.Minute)} }
}

func mounted(name, target string) boxEdit {
	return func(c *engine.Container) {
		c.Volumes = append(c.Volumes, engine.MountedVolume{Name: name, Target: target})
	}
}

type inputEdit func(*plan.Input)

func input(d *plan.Desired, edits ...inputEdit) plan.Input {
	in := plan.Input{
		Now: now, Instance: instance, Name: workspace, Directory: directory, Desired: d, ImagePresent: true, CPUs: 4,
		Absent: plan.Absence{Confirmed: now, Delay: 2 * time.Second},
	}
	for _, edit := range edits {
		edit(&in)
	}
	return in
}

func having(cs ...engine.Container) inputEdit {
	return func(in *plan.Input) { in.Containers = append(in.Containers, cs...) }
}

func remembering(edit func(*plan.Memory)) inputEdit {
	return func(in *plan.Input) { edit(&in.Memory) }
}

// failedBefore is a failure under the desired spec, with seconds to go until the next try.
func failedBefore(kind plan.Kind, seconds int) inputEdit {
	return func(in *plan.Input) {
		in.Memory.Failures = map[plan.Kind]plan.Backoff{kind: {
			For: in.Desired.Key(), Failures: 3, Reason: v1alpha1.ReasonCreateFailed, Message: "boom",
			Next: in.Now.Add(time.Duration(seconds) * time.Second),
		}}
	}
}

func absentImage(in *plan.Input) { in.ImagePresent = false }

// gone is a workspace that no manifest asks for since some time.
func gone(since time.Duration) inputEdit {
	return func(in *plan.Input) { in.Desired, in.Absent.Since = nil, in.Now.Add(-since) }
}

// text is the plan as a person reads it, with the verdict below.
func text(in plan.Input) string {
	in.Memory = plan.Remember(in)
	p := plan.Make(in)
	var b strings.Builder
	b.WriteString(p.String())
	v := p.Verdict
	b.WriteString("=>")
	if v.Ready {
		b.WriteString(" ready")
	}
	if v.Stalled {
		b.WriteString(" stalled")
	}
	fmt.Fprintf(&b, " %s: %s\n", v.Reason, v.Message.In(time.UTC))
	if !p.Wake.IsZero() {
		fmt.Fprintf(&b, "   wake in %s\n", p.Wake.Sub(in.Now))
	}
	return b.String()
}

// check compares the plan's text.
func check(t *testing.T, name string, in plan.Input, golden string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		got := text(in)
		if diff := cmp.Diff(strings.TrimPrefix(golden, "\n"), got); diff != "" {
			t.Errorf("plan (-want +got):\n%s", diff)
		}
	})
}
