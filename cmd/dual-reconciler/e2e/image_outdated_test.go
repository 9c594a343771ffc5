package e2e

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// retag gives a reference of this test another image, as a build does; the image is removed at the end of the test.
func (b *bench) retag(ref, mark string) {
	b.Helper()
	maker := b.docker("create", "--label", "dual.dev/instance="+b.Instance, "busybox", "true")
	b.docker("commit", "--change", "ENV MARK="+mark, "--change", `CMD ["sh"]`, maker, ref)
	b.docker("rm", maker)
	id := b.docker("image", "inspect", "--format", "{{.Id}}", ref)
	b.Cleanup(func() {
		b.sweep()
		_, _ = b.tryDocker("rmi", ref)
		_, _ = b.tryDocker("rmi", id)
	})
}

func (b *bench) outdated(short string) bool {
	ws := b.Get(short)
	return ws != nil && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionImageOutdated)
}

// TestImageRebuilt builds an image again under its tag, and recreates its workspaces: on request, and by policy.
func TestImageRebuilt(t *testing.T) {
	b := newBench(t)
	ref := "dual-test/" + b.Prefix + "app:dev"
	b.retag(ref, "first")
	manifest := func(short, policy string) string {
		return strings.Replace(b.sleeper(short, "imageUpdatePolicy: "+policy), "image: busybox", "image: "+ref, 1)
	}
	b.Write("notify.yaml", manifest("notify", "Notify"))
	b.Write("recreate.yaml", manifest("recreate", "Recreate"))
	l := b.Run("--resync", "1s")
	notify, recreate := b.Running("notify"), b.Running("recreate")
	b.retag(ref, "second")
	b.Replaced("recreate", recreate)
	b.Eventually("the rebuilt image is noticed", func() string {
		if b.outdated("notify") {
			return ""
		}
		return b.Do("describe", b.Name("notify")).Stdout
	})
	b.Same("notify", notify)
	b.wantWords("describe", b.Do("describe", b.Name("notify")).Stdout, "ImageOutdated=True", ref, "dual-reconciler recreate "+b.Name("notify"))
	b.wantWords("get -o wide", b.Do("get", "-o", "wide").Stdout, "CONDITIONS", "ImageOutdated")
	b.wantWords("events", b.Do("events").Stdout, "ImageOutdated", "Recreated")
	if r := b.Do("recreate", b.Name("notify")); r.Code != 0 {
		t.Fatalf("recreate: %+v", r)
	}
	b.Replaced("notify", notify)
	if got := b.Inside("notify", "sh", "-c", "echo $MARK"); got != "second" {
		t.Errorf("after recreate MARK is %q", got)
	}
	b.Eventually("nothing is outdated", func() string {
		if b.outdated("notify") {
			return "notify is"
		}
		return ""
	})
	l.Stop()

	b.retag(ref, "third")
	notify = b.Running("notify")
	if r := b.Do("diff"); r.Code != 1 || strings.Contains(r.Stdout, b.Name("notify")) || !strings.Contains(r.Stdout, "image "+ref+" is another one now") {
		t.Errorf("diff after another build: %+v", r)
	}
	if r := b.Do("recreate", b.Name("notify")); r.Code != 0 {
		t.Fatalf("recreate without a controller: %+v", r)
	}
	b.Replaced("notify", notify)
	if got := b.Inside("notify", "sh", "-c", "echo $MARK"); got != "third" {
		t.Errorf("after recreate without a controller MARK is %q", got)
	}
	if r := b.Do("recreate", b.Name("absent")); r.Code == 0 || !strings.Contains(r.Stderr, "no such workspace") {
		t.Errorf("recreate of an unknown workspace: %+v", r)
	}
}

// TestImageOfAShell has an image whose command ends at once.
func TestImageOfAShell(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.manifest("a", "image: busybox"))
	b.Run()
	b.Shows("a", "CrashLoopBackOff", "the image's command ends at once", "spec.command")
}

// TestPausedIsNotRemoved pauses a workspace and removes its manifest: nothing is done until somebody asks for it.
func TestPausedIsNotRemoved(t *testing.T) {
	b := newBench(t)
	paused := strings.Replace(b.sleeper("a"), "spec:", "  annotations: {dual.dev/reconcile: disabled}\nspec:", 1)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	l := b.Run(quick...)
	a := b.Running("a")
	b.Running("b")
	b.Write("a.yaml", paused)
	b.Shows("a", "Paused")
	b.Delete("a.yaml")
	b.Shows("a", "Paused", "no manifest asks for it", "dual-reconciler down "+b.Name("a"))
	b.Stays("a paused workspace without a manifest", map[string]*inspected{"a": a})
	if r := b.Do("down", b.Name("b")); r.Code != 1 || !strings.Contains(r.Stderr, "b.yaml:1") {
		t.Errorf("down of a workspace that a manifest asks for: %+v", r)
	}
	if r := b.Do("down", b.Name("a")); r.Code != 0 {
		t.Fatalf("down of one workspace: %+v", r)
	}
	b.Gone("a")
	l.Stop()
	b.Write("c.yaml", b.sleeper("c"))
	b.Apply(0)
	kept := b.Running("b")
	if r := b.Do("down", b.Name("c")); r.Code != 0 || r.Stdout != fmt.Sprintf("%s removed\n", b.Name("c")) {
		t.Errorf("down of one workspace without a controller: %+v", r)
	}
	b.Gone("c")
	b.Same("b", kept)
	if r := b.Do("down", b.Name("absent")); r.Code != 1 || !strings.Contains(r.Stderr, "no such workspace") {
		t.Errorf("down of an unknown workspace: %+v", r)
	}
}
