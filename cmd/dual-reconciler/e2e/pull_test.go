package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPullFailureDelaysNobody(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	missing := reg.ref("missing")
	b.Write("bad.yaml", reg.image("bad", missing))
	for n := range 9 {
		b.Write(fmt.Sprintf("w%d.yaml", n), b.sleeper(fmt.Sprintf("w%d", n)))
	}
	b.Run()
	for n := range 9 {
		b.Running(fmt.Sprintf("w%d", n))
	}
	b.Says("bad", "ImagePullFailed", "image "+missing+" not found in registry "+reg.host, "and imagePullPolicy is ", "next try at")
	if ws := b.Shown("bad"); ws.Status.NextRetryTime == nil {
		t.Errorf("no time of the next try in %+v", ws.Status)
	}
	// 1, 2, 4, … s between the tries: five tries take 15 s, so within 3 s there are no more than three further ones.
	begun := reg.asked("missing")
	b.Always("the pull backs off", 3*time.Second, func() string {
		if n := reg.asked("missing") - begun; n > 2*3 {
			return fmt.Sprintf("%d requests", n)
		}
		return ""
	})
	reg.Push("missing")
	b.Running("bad")
}

func TestImagePullPolicies(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	always, once, never := reg.Push("always"), reg.Push("once"), reg.ref("never")
	write := func(version string) {
		env := `env: [{name: V, value: "` + version + `"}]`
		b.Write("always.yaml", reg.image("always", always, env, "imagePullPolicy: Always"))
		b.Write("once.yaml", reg.image("once", once, env, "imagePullPolicy: IfNotPresent"))
	}
	b.Write("never.yaml", reg.image("never", never, "imagePullPolicy: Never"))
	write("1")
	b.Apply(1)
	imageOf := func(short string) string { return b.Running(short).Image }
	always1, once1 := imageOf("always"), imageOf("once")
	b.Says("never", "ImagePullFailed", never, "not present", "imagePullPolicy is Never")
	if n := reg.asked("never"); n != 0 {
		t.Errorf("the image of policy Never was asked for %d times", n)
	}

	reg.Push("always") // Another image under the same name.
	reg.Push("once")
	asked := reg.asked("once")
	b.docker("tag", "busybox", never)
	write("2")
	b.Apply(0)
	if imageOf("always") == always1 {
		t.Error("Always: the new container runs the old image")
	}
	if imageOf("once") != once1 || reg.asked("once") != asked {
		t.Errorf("IfNotPresent: the registry was asked %d times more", reg.asked("once")-asked)
	}
	b.Running("never")
	if n := reg.asked("never"); n != 0 {
		t.Errorf("the image of policy Never was asked for %d times", n)
	}
}

func TestRegistryWithPassword(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	ref := reg.Push("private")
	reg.Between(requirePassword)
	config := t.TempDir()
	b.Env = append(b.Env, "DOCKER_CONFIG="+config)
	b.Write("a.yaml", reg.image("a", ref))
	b.Run()
	b.Says("a", "ImagePullFailed", "docker login "+reg.host)
	b.dockerLogin(config, reg.host, "me:secret")
	seen := b.Running("a") // Without a restart of the controller.
	for _, text := range seen.Config.Labels {
		if strings.Contains(text, "secret") {
			t.Errorf("the password is in a label: %s", text)
		}
	}
	b.Says("a", "Running")
}

func TestStalledPull(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	ref := reg.Push("slow")
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	reg.Between(func(_ http.ResponseWriter, r *http.Request) bool {
		stalls := r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/")
		if stalls {
			select {
			case <-r.Context().Done():
			case <-over:
			}
		}
		return stalls
	})
	given := make(chan struct{}, 10)
	b.Proxy().Hook(nil, func(call string) {
		if call == "POST /images/create" {
			given <- struct{}{}
		}
	})
	b.Write("slow.yaml", reg.image("slow", ref))
	l := b.Run("--workers", "1")
	b.Says("slow", "Pulling")
	// One worker, and it is busy with the pull: the others come all the same.
	for n := range 3 {
		b.Write(fmt.Sprintf("w%d.yaml", n), b.sleeper(fmt.Sprintf("w%d", n)))
	}
	for n := range 3 {
		b.Running(fmt.Sprintf("w%d", n))
	}
	if b.Look("slow") != nil || len(given) > 0 {
		t.Fatal("the pull was not stalled: the test tests nothing")
	}
	b.Write("slow.yaml", b.sleeper("slow"))
	b.Running("slow")
	select {
	case <-given:
	case <-time.After(patience):
		t.Error("the pull goes on for a spec that nobody wants any more")
	}
	l.Stop()
}
