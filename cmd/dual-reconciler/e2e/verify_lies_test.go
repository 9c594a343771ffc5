package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each lie must turn the tests red that are about it, and no other.
func TestVerifySeesBrokenIsolation(t *testing.T) {
	for _, c := range []struct {
		name string
		lie  func(b *bench, p *proxy)
		red  []string
		// why is what the first of them must say.
		why string
	}{
		{"shared namespace", shareNamespace, []string{"1.1", "1.2", "2.1", "3.1", "3.2", "4.1"}, "NAME-2"},
		{"shared namespace of a late one", func(b *bench, p *proxy) { share(b, p, 1, 6) }, []string{"3.2", "4.1"}, "NAME-6"},
		{"wrong answer", func(b *bench, p *proxy) { b.recommand(p, 2, "workspace-02", "workspace-01") }, []string{"1.2", "3.1", "3.2"}, `NAME-2 answered "workspace-01", not "workspace-02"`},
		{"wrong answer of a late one", func(b *bench, p *proxy) { b.recommand(p, 7, "workspace-07", "workspace-99") }, []string{"3.2"}, `NAME-7 answered "workspace-99", not "workspace-07"`},
		{"dead server", func(b *bench, p *proxy) { b.recommand(p, 3, "mkdir", "exec sleep 100000; mkdir") }, []string{"1.1", "1.2", "3.2", "4.1"}, "NAME-3: none of its processes listens on :3000"},
		{"published port", publish, []string{"4.1"}, "NAME-4 publishes 127.0.0.1:"},
		{"lost exit code", func(_ *bench, p *proxy) {
			p.OnResponse(`^GET /exec/[0-9a-f]+/json$`, func(m map[string]any) { m["ExitCode"] = 0 })
		}, []string{"1.3"}, "it was 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			p := b.Proxy()
			c.lie(b, p)
			workspaces := 4
			if strings.HasSuffix(c.name, "of a late one") {
				workspaces = 8
			}
			v := b.Verify("--workspaces", strconv.Itoa(workspaces))
			slices.Sort(c.red)
			if v.Code != 1 || v.Passed || v.TestsRun != 7 || !slices.Equal(v.red(), c.red) {
				t.Fatalf("exit code %d, %d tests run, red: %v, want %v\n%s", v.Code, v.TestsRun, v.red(), c.red, v.Stderr)
			}
			why := strings.ReplaceAll(c.why, "NAME", b.Name("net"))
			if reasons := v.reasons(c.red[0]); !strings.Contains(reasons, why) {
				t.Errorf("Test %s does not say %q:\n%s", c.red[0], why, reasons)
			}
			text := v.findings(b)
			if !strings.Contains(text, "\nresult: fail\n") || !strings.Contains(text, "\n- [ ] ") || !strings.Contains(text, "\ntests_run: 7 of 7\n") {
				t.Errorf("the findings of a failure:\n%s", text)
			}
			if v.Teardown.Removed != workspaces {
				t.Errorf("teardown: %+v", v.Teardown)
			}
		})
	}
}

func shareNamespace(b *bench, p *proxy) { share(b, p, 1, 2) }

// share puts one workspace on the network namespace of another, once that one runs.
func share(b *bench, p *proxy, owner, guest int) {
	name := func(i int) string { return fmt.Sprintf("%s-%d", b.Container("net"), i) }
	p.OnCreate(func(container string, request map[string]any) {
		if container != name(guest) {
			return
		}
		b.Eventually("the owner of the namespace runs", func() string {
			seen := b.look(name(owner))
			return notYet(seen != nil && seen.State.Running)
		})
		delete(request, "Hostname") // It is the owner's then.
		request["HostConfig"].(map[string]any)["NetworkMode"] = "container:" + name(owner)
	})
}

// recommand changes the command of a workspace's container behind the reconciler's back.
func (b *bench) recommand(p *proxy, i int, from, to string) {
	p.OnCreate(func(container string, request map[string]any) {
		if container == fmt.Sprintf("%s-%d", b.Container("net"), i) {
			args := request["Cmd"].([]any)
			args[0] = strings.ReplaceAll(args[0].(string), from, to)
		}
	})
}

// publish forwards a port of the host's to a workspace's, as docker run -p would. The engine chooses the host's port.
func publish(b *bench, p *proxy) {
	p.OnCreate(func(container string, request map[string]any) {
		if container == b.Container("net")+"-4" {
			request["ExposedPorts"] = map[string]any{"3000/tcp": map[string]any{}}
			request["HostConfig"].(map[string]any)["PortBindings"] = map[string]any{"3000/tcp": []any{map[string]any{"HostIp": "127.0.0.1", "HostPort": "0"}}}
		}
	})
}
