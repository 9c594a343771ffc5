package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (b *bench) mkdir(path string) string {
	b.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

func (b *bench) file(path, content string) {
	b.Helper()
	b.mkdir(filepath.Dir(path))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) read(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

func TestSourceAndMounts(t *testing.T) {
	b := newBench(t)
	home := b.mkdir(filepath.Join(b.Root, "home"))
	b.Env = append(b.Env, "HOME="+home)
	b.file(filepath.Join(home, ".npmrc"), "from home")
	b.file(filepath.Join(b.Dir, "sub", "shop", "file"), "from host")
	b.Write("sub/a.yaml", b.sleeper("a", "source: {path: ./shop}",
		"mounts:",
		"  - {type: volume, name: "+b.Name("modules")+", target: /workspace/node_modules}",
		"  - {type: bind, source: ~/.npmrc, target: /root/.npmrc, readOnly: true}",
		"  - {type: bind, source: ../writable, target: /writable}",
		"  - {type: tmpfs, target: /scratch}",
		"  - {type: volume, name: "+b.Name("frozen")+", target: /frozen, readOnly: true}"))
	b.mkdir(filepath.Join(b.Dir, "writable"))
	b.Apply(0)

	if got := b.Inside("a", "pwd"); got != "/workspace" {
		t.Errorf("working directory %q where a source is set", got)
	}
	b.Inside("a", "sh", "-c", "cp /workspace/file /workspace/copy && echo out >/writable/out && echo dep >/workspace/node_modules/dep && echo x >/scratch/x")
	for path, want := range map[string]string{
		filepath.Join(b.Dir, "sub", "shop", "copy"):                "from host",
		filepath.Join(b.Dir, "writable", "out"):                    "out",
		filepath.Join(b.Dir, "sub", "shop", "node_modules", "dep"): "",
	} {
		if got := b.read(path); got != want {
			t.Errorf("%s on the host holds %q, want %q", path, got, want)
		}
	}
	if got := b.Inside("a", "cat", "/root/.npmrc"); got != "from home" {
		t.Errorf("~/.npmrc holds %q", got)
	}
	for _, path := range []string{"/root/.npmrc", "/frozen/file"} {
		if out, err := b.tryInside("a", "sh", "-c", "echo no >"+path); err == nil || !strings.Contains(out, "Read-only file system") {
			t.Errorf("%s of a readOnly mount could be written: %s", path, out)
		}
	}
	if got := b.Inside("a", "sh", "-c", "grep ' /scratch ' /proc/mounts"); !strings.HasPrefix(got, "tmpfs ") {
		t.Errorf("/scratch is %q", got)
	}
	if got := b.docker("volume", "inspect", "--format", `{{index .Labels "dual.dev/workspace"}}`, b.Name("modules")); got != b.Name("a") {
		t.Errorf("the volume's label says %q", got)
	}
}

func TestSourceAppears(t *testing.T) {
	b := newBench(t)
	source := filepath.Join(b.Root, "checkouts", "shop")
	b.Write("a.yaml", b.sleeper("a", "source: {path: ../checkouts/shop}"))
	b.Run("--resync", "10h") // Only the watch can see the directory.
	b.Says("a", "SourceNotFound", source)
	if _, err := os.Stat(source); err == nil {
		t.Fatal("the source was created by somebody")
	}
	b.mkdir(source)
	b.Running("a")
}

func TestEngineSocketIsRefused(t *testing.T) {
	b := newBench(t)
	link := filepath.Join(b.Root, "innocent")
	if err := os.Symlink("/var/run/docker.sock", link); err != nil {
		t.Fatal(err)
	}
	for short, source := range map[string]string{"socket": "/var/run/docker.sock", "parent": "/run", "root": "/", "link": link} {
		b.Write(short+".yaml", b.sleeper(short, "mounts: [{type: bind, source: "+source+", target: /host}]"))
	}
	b.Write("fine.yaml", b.sleeper("fine"))
	if r := b.Do("validate"); r.Code != 1 || strings.Count(r.Stderr, "engine's socket") != 4 {
		t.Errorf("validate: %+v", r)
	}
	b.Apply(1)
	if names := b.containers(); len(names) != 1 || names[0] != b.Container("fine") {
		t.Errorf("containers %v", names)
	}
}

func TestVolumeReclaimPolicy(t *testing.T) {
	b := newBench(t)
	before := b.Name("before")
	b.docker("volume", "create", before)
	t.Cleanup(func() { _, _ = b.tryDocker("volume", "rm", "-f", before) })
	spec := func(short, policy string) string {
		return b.sleeper(short, "volumeReclaimPolicy: "+policy,
			"mounts: [{type: volume, name: "+b.Name("of-"+short)+", target: /own}, {type: volume, name: "+before+", target: /before}]")
	}
	b.Write("retain.yaml", spec("retain", "Retain"))
	b.Write("delete.yaml", spec("delete", "Delete"))
	b.Run("--prune-delay", "100ms", "--allow-empty")
	b.settled("retain")
	b.settled("delete")
	b.Delete("retain.yaml")
	b.Delete("delete.yaml")
	b.Gone("retain")
	b.Gone("delete")
	volumes := func() string { return b.docker("volume", "ls", "-q", "--filter", "name="+b.Prefix) }
	b.Eventually("the volume of policy Delete goes", func() string {
		if v := volumes(); strings.Contains(v, b.Name("of-delete")) {
			return v
		}
		return ""
	})
	b.wantWords("volumes left", volumes(), b.Name("of-retain"), before)
}
