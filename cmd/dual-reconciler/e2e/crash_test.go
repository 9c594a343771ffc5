package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// crash kills a controller around one of its mutating calls, and keeps book of the volumes that its containers had.
type crash struct {
	*bench
	proxy *proxy
	image string
	// at is the number of the call around which to kill, 0 for none; landed says that the engine carries it out, and only
	// the controller does not learn that.
	at     int
	landed bool

	mu      sync.Mutex
	victim  *loop
	seen    int
	volumes map[string]bool
}

func newCrash(t *testing.T, image string) *crash {
	b := newBench(t)
	c := &crash{bench: b, proxy: b.Proxy(), image: image, volumes: map[string]bool{}}
	c.proxy.Hook(c.before, nil)
	c.proxy.OnAnswer(c.answered)
	return c
}

// before lets the victim die at its n-th mutating call before the engine gets it or, where landed, before the next one: the
// answer killed it then.
func (c *crash) before(call string) {
	if len(mutating([]string{call})) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen++; c.victim == nil || c.seen < c.at || c.seen == c.at && c.landed {
		return
	}
	c.victim.Kill()
	panic(http.ErrAbortHandler) // The engine must not get this call.
}

func (c *crash) answered(call string) {
	if call == "POST /containers/create" {
		for _, name := range c.containers() {
			c.book(c.look(name))
		}
	}
	if len(mutating([]string{call})) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.victim != nil && c.landed && c.seen == c.at {
		c.victim.Kill()
	}
}

func (c *crash) book(container *inspected) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if container == nil {
		return
	}
	for _, m := range container.Mounts {
		if m.Type == "volume" {
			c.volumes[m.Name] = true
		}
	}
}

// write puts the manifest with this version of its spec.
func (c *crash) write(version string) {
	c.Write("a.yaml", c.manifest("a",
		"image: "+c.image, `command: ["sleep", "1000000"]`, "terminationGracePeriodSeconds: 0",
		`env: [{name: V, value: "`+version+`"}]`,
		"volumeReclaimPolicy: Delete",
		"mounts: [{type: volume, name: "+c.Name("named")+", target: /named}]"))
}

func (c *crash) start() *loop { return c.Run("--prune-delay", "100ms") }

// converged waits until there is the one container that there should be.
func (c *crash) converged(version string) *inspected {
	c.Helper()
	var seen *inspected
	c.Eventually("one container with version "+version, func() string {
		if names := c.containers(); !slices.Equal(names, []string{c.Container("a")}) {
			return fmt.Sprintf("containers %v", names)
		}
		seen = c.Look("a")
		switch {
		case seen == nil:
			return "it is gone"
		case !seen.State.Running:
			return "it is " + seen.State.Status
		case !slices.Contains(seen.Config.Env, "V="+version):
			return fmt.Sprintf("its environment is %v", seen.Config.Env)
		}
		return ""
	})
	return seen
}

// noOrphans waits until only the container's volumes are left of those that there ever were.
func (c *crash) noOrphans(now *inspected) {
	c.Helper()
	used := map[string]bool{}
	if now != nil {
		for _, m := range now.Mounts {
			used[m.Name] = true
		}
	}
	c.Eventually("no orphaned volumes", func() string {
		left := strings.Fields(c.docker("volume", "ls", "-q"))
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.volumes) < 2 {
			return fmt.Sprintf("only %d volumes were seen: the test does not see what it is about", len(c.volumes))
		}
		for _, v := range left {
			if c.volumes[v] && !used[v] {
				return "volume " + v + " is left"
			}
		}
		return ""
	})
}

func anonymousVolume(i *inspected) string {
	for _, m := range i.Mounts {
		if m.Destination == "/data" {
			return m.Name
		}
	}
	return ""
}

// survive provokes a change while l runs, and where the test is to kill: waits for the death and starts a controller that
// nobody kills.
func (c *crash) survive(l *loop, provoke func()) {
	c.Helper()
	c.mu.Lock()
	c.victim, c.seen = l, 0
	if c.at == 0 {
		c.victim = nil
	}
	c.mu.Unlock()
	provoke()
	if c.at == 0 {
		return
	}
	l.Wait()
	c.mu.Lock()
	c.victim = nil
	c.mu.Unlock()
	c.start()
}

// everyCrash runs a scenario undisturbed, and then killed around each of the mutating calls that it took.
func everyCrash(t *testing.T, least int, scenario func(c *crash)) {
	rehearsal := newCrash(t, "")
	rehearsal.image = rehearsal.volumeImage()
	scenario(rehearsal)
	rehearsal.mu.Lock()
	calls := rehearsal.seen
	rehearsal.mu.Unlock()
	if calls < least {
		t.Fatalf("%d mutating calls, want at least %d", calls, least)
	}
	for n := 1; n <= calls; n++ {
		for _, landed := range []bool{false, true} {
			when := map[bool]string{false: "before", true: "after"}[landed]
			t.Run(fmt.Sprintf("%s call %d", when, n), func(t *testing.T) {
				c := newCrash(t, rehearsal.image)
				c.at, c.landed = n, landed
				scenario(c)
			})
		}
	}
}

func TestCrashWhileCreating(t *testing.T) {
	everyCrash(t, 3, func(c *crash) {
		l := c.start()
		c.survive(l, func() { c.write("1") })
		c.noOrphans(c.converged("1"))
	})
}

func TestCrashWhileReplacing(t *testing.T) {
	everyCrash(t, 7, func(c *crash) {
		l := c.start()
		c.write("1")
		before := c.converged("1")
		c.Inside("a", "sh", "-c", "echo precious >/data/file; echo precious >/named/file")
		c.survive(l, func() { c.write("2") })
		now := c.converged("2")
		for _, file := range []string{"/data/file", "/named/file"} {
			if text := c.Inside("a", "cat", file); text != "precious" {
				c.Errorf("%s holds %q", file, text)
			}
		}
		if a, b := anonymousVolume(before), anonymousVolume(now); a == "" || a != b {
			c.Errorf("the anonymous volume was %s and is %s", a, b)
		}
		c.noOrphans(now)
	})
}

func TestCrashWhileRemoving(t *testing.T) {
	everyCrash(t, 4, func(c *crash) {
		l := c.start()
		c.write("1")
		c.converged("1")
		c.survive(l, func() { c.Delete("a.yaml") })
		c.Gone("a")
		c.noOrphans(nil)
	})
}
