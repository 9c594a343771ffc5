package e2e

import (
	"strings"
	"testing"
)

// serving is a workspace that serves its own name on :3000; extra lines go into its spec.
func (b *bench) serving(short string, extra ...string) string {
	return b.manifest(short, append([]string{
		"image: busybox", `command: ["sh", "-c"]`,
		`args: ["mkdir -p /tmp/www && hostname >/tmp/www/index.html && exec busybox httpd -f -p 3000 -h /tmp/www"]`, "terminationGracePeriodSeconds: 1",
	}, extra...)...)
}

// from asks a server from within a workspace and returns its page; "" where none answers within two seconds.
func (b *bench) from(short, host string) string {
	b.Helper()
	page, err := b.tryInside(short, "timeout", "2", "wget", "-qO-", "http://"+host+":3000")
	if err != nil {
		return ""
	}
	return page
}

func (b *bench) address(short, network string) string {
	b.Helper()
	ip := b.Running(short).NetworkSettings.Networks[network].IPAddress
	if ip == "" {
		b.Fatalf("%s has no address on %s", short, network)
	}
	return ip
}

// serves waits until a workspace answers itself: from then on another's silence means something.
func (b *bench) serves(shorts ...string) {
	b.Helper()
	for _, short := range shorts {
		b.Eventually(short+" serves", func() string {
			if page := b.from(short, "localhost"); page != b.Name(short) {
				return "it answers " + page
			}
			return ""
		})
	}
}

func TestOneBridgeIsOneNeighbourhood(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.serving("a"))
	b.Write("b.yaml", b.serving("b"))
	b.Apply(0)
	b.serves("a", "b")
	if page := b.from("a", b.address("b", "bridge")); page != b.Name("b") {
		t.Errorf("b's address answers a %q", page)
	}
	if page := b.from("a", b.Container("b")); page != "" {
		t.Errorf("the default bridge has names now: %q", page)
	}
}

func TestNetworkNoneReachesNobody(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.serving("a"))
	b.Write("alone.yaml", b.serving("alone", "network: none"))
	b.Apply(0)
	b.serves("a", "alone")
	if page := b.from("alone", b.address("a", "bridge")); page != "" {
		t.Errorf("a workspace without a network reached %q", page)
	}
	if devices := b.Inside("alone", "ls", "/sys/class/net"); devices != "lo" {
		t.Errorf("network none has the devices %q", devices)
	}
	if routes := b.Inside("alone", "sh", "-c", "tail -n +2 /proc/net/route"); routes != "" {
		t.Errorf("network none has routes: %s", routes)
	}
}

func TestOwnNetworkKeepsOthersOut(t *testing.T) {
	b := newBench(t)
	own := b.Name("own")
	b.docker("network", "create", own)
	t.Cleanup(func() {
		b.sweep() // A network in use cannot be removed.
		b.docker("network", "rm", own)
	})
	b.Write("a.yaml", b.serving("a"))
	b.Write("x.yaml", b.serving("x", "network: "+own))
	b.Write("y.yaml", b.serving("y", "network: "+own))
	b.Apply(0)
	b.serves("a", "x", "y")
	if page := b.from("a", b.address("x", own)); page != "" {
		t.Errorf("from the bridge: %q", page)
	}
	if page := b.from("x", b.address("a", "bridge")); page != "" {
		t.Errorf("to the bridge: %q", page)
	}
	if page := b.from("x", b.address("y", own)); page != b.Name("y") {
		t.Errorf("within the network, by address: %q", page)
	}
	if page := b.from("x", b.Container("y")); page != b.Name("y") {
		t.Errorf("within the network, by name: %q", page)
	}
}

func TestBridgeHasARouteOut(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Apply(0)
	if routes := b.Inside("a", "sh", "-c", "grep -c '^eth0[[:space:]]*00000000' /proc/net/route"); routes != "1" {
		t.Errorf("%s default routes", routes)
	}
}

func TestProcessesFilesAndNamesAreTheirOwn(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.manifest("a", "image: busybox", `command: ["sleep", "1000001"]`, "terminationGracePeriodSeconds: 1"))
	b.Write("b.yaml", b.manifest("b", "image: busybox", `command: ["sleep", "1000002"]`, "terminationGracePeriodSeconds: 1"))
	b.Apply(0)
	if ps := b.Inside("a", "ps"); !strings.Contains(ps, "sleep 1000001") || strings.Contains(ps, "sleep 1000002") {
		t.Errorf("processes of a:\n%s", ps)
	}
	b.Inside("a", "touch", "/tmp/of-a")
	if files := b.Inside("b", "ls", "/tmp"); strings.Contains(files, "of-a") {
		t.Errorf("/tmp of b:\n%s", files)
	}
	for _, kind := range []string{"net", "pid", "mnt", "uts", "ipc"} {
		if ns := b.Inside("a", "readlink", "/proc/self/ns/"+kind); ns == b.Inside("b", "readlink", "/proc/self/ns/"+kind) {
			t.Errorf("a and b share %s", ns)
		}
	}
}

func TestKernelAndClockAreShared(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	b.Apply(0)
	const boot = "/proc/sys/kernel/random/boot_id"
	if a := b.Inside("a", "cat", boot); a == "" || a != b.Inside("b", "cat", boot) {
		t.Errorf("a and b run on different boots of a kernel: %q", a)
	}
	// Users are the kernel's too: root in one is root in the other, and to the kernel the same root.
	if a := b.Inside("a", "readlink", "/proc/self/ns/user"); a != b.Inside("b", "readlink", "/proc/self/ns/user") {
		t.Errorf("a's user namespace is %s, and b's another one", a)
	}
}

func TestVolumesAndSourcesAreSharedWhereNamedSo(t *testing.T) {
	b := newBench(t)
	b.mkdir(b.Dir + "/../src")
	volume := b.Name("v")
	shared := []string{"source: {path: ../src}", "mounts: [{type: volume, name: " + volume + ", target: /v}]"}
	b.Write("a.yaml", b.sleeper("a", shared...))
	b.Write("b.yaml", b.sleeper("b", shared...))
	b.Write("c.yaml", b.sleeper("c", "mounts: [{type: volume, name: "+volume+"-c, target: /v}]"))
	b.Apply(0)
	b.Inside("a", "sh", "-c", "echo of a >/v/file && echo of a >/workspace/file")
	for _, file := range []string{"/v/file", "/workspace/file"} {
		if got := b.Inside("b", "cat", file); got != "of a" {
			t.Errorf("%s in b: %q", file, got)
		}
	}
	if got := b.Inside("c", "ls", "/v"); got != "" {
		t.Errorf("another volume holds %q", got)
	}
}
