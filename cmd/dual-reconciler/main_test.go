package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// program is the program on an engine in memory, with an instance and directories of its own.
type program struct {
	*testing.T
	engine   *enginetest.Shell
	dir      string
	instance string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{
		T: t, engine: enginetest.NewShell(enginetest.NewMemory(enginetest.Options{})), dir: t.TempDir(),
		instance: "test-" + strings.ToLower(rand.Text()),
	}
	if err := os.Mkdir(filepath.Join(p.dir, "m"), 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

// workEngineInMemory adds what no test of a verb calls.
type workEngineInMemory struct{ *enginetest.Shell }

func (workEngineInMemory) Subnets(context.Context, string) ([]netip.Prefix, error) { return nil, nil }
func (workEngineInMemory) Memory(context.Context, string) (int64, error)           { return 0, nil }
func (workEngineInMemory) Published(context.Context, string) ([]string, error)     { return nil, nil }
func (workEngineInMemory) Close() error                                            { return nil }

// output is what a verb printed.
type output struct {
	code     int
	out, err string
}

// buffer can be read while a verb writes to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// run runs a verb until it ends.
func (p *program) run(args ...string) output {
	p.Helper()
	return p.runIn(p.Context(), args...)
}

func (p *program) runIn(ctx context.Context, args ...string) output {
	p.Helper()
	var out, err buffer
	g := &globals{
		Streams: print.NewStreams(strings.NewReader("input"), &out, &err), renames: &instance.RenameLock{},
		connect: func() (workEngine, error) { return workEngineInMemory{p.engine}, nil },
	}
	args = append([]string{
		"--manifests", filepath.Join(p.dir, "m"), "--state-dir", filepath.Join(p.dir, "state"),
		"--instance", p.instance, "--log-level", "error",
	}, args...)
	code := g.execute(ctx, args)
	return output{code, out.String(), err.String()}
}

// want runs a verb, and fails unless it ends with this code and prints these words to either stream.
func (p *program) want(code int, words string, args ...string) output {
	p.Helper()
	o := p.run(args...)
	if o.code != code || !strings.Contains(o.out+o.err, words) {
		p.Errorf("%s: exit code %d, want %d with %q:\n%s\n%s", strings.Join(args, " "), o.code, code, words, o.out,
			o.err)
	}
	return o
}

// manifest writes the manifest of a workspace, with further lines of its spec.
func (p *program) manifest(name string, spec ...string) {
	p.Helper()
	text := "apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata:\n  name: " + name + "\n  labels: {team: " + name + "}\n" +
		"spec:\n  image: busybox\n"
	for _, line := range spec {
		text += "  " + line + "\n"
	}
	if err := os.WriteFile(filepath.Join(p.dir, "m", name+".yaml"), []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}
