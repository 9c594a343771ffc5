package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHostPaths(t *testing.T) {
	f := newFixture(t, withHome("/home/dev"))
	f.write("team/a.yaml", doc("shop", "node:20",
		"source: {path: ../../shop/}",
		"mounts: [{type: bind, source: ~/.npmrc, target: /root/.npmrc}, {type: bind, source: /no/such, target: /x}, {name: vol, target: /v}]",
		"envFrom: [{file: ./e}]"))
	f.write("team/e", "A=1\n")
	f.must(os.Mkdir(filepath.Join(filepath.Dir(f.dir), "shop"), 0o755))
	ws := f.want("shop=node:20").Workspaces["shop"]
	source := filepath.Join(filepath.Dir(f.dir), "shop")
	got := []string{ws.Spec.Source.Path, ws.Spec.Mounts[0].Source, ws.Spec.Mounts[1].Source, ws.Spec.EnvFrom[0].File}
	if diff := cmp.Diff([]string{source, "/home/dev/.npmrc", "/no/such", f.path("team/e")}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/home/dev/.npmrc", "/no/such"}, ws.Missing); diff != "" {
		t.Error(diff)
	}
	if ws.Spec.Hostname != "" || ws.Line != 1 || ws.File != "team/a.yaml" {
		t.Errorf("defaulted, or not placed: %+v", ws)
	}
	f.must(os.Remove(source))
	if ws := f.want("shop=node:20").Workspaces["shop"]; len(ws.Missing) != 3 {
		t.Errorf("missing %v", ws.Missing)
	}
}

func TestEngineSocketIsRefusedByNameAndThroughLinks(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(run, 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(run, "engine.sock")
	for _, tt := range []struct{ name, target string }{{"socket", socket}, {"its directory", run}} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, WithEngineSockets([]string{socket}))
			f.write("a.yaml", doc("direct", "x", "source: {path: "+tt.target+"}"))
			f.write("b.yaml", doc("linked", "x", "mounts: [{type: bind, source: link, target: /x}]"))
			s := f.want("direct=!InvalidManifest linked=x")
			if p := s.Workspaces["direct"].Problem; p.Field != "spec.source.path" || p.Line != 7 || p.Column != 18 {
				t.Errorf("%+v", p)
			}
			f.must(os.Symlink(tt.target, f.path("link")))
			if tt.target == socket {
				f.must(os.WriteFile(socket, nil, 0o600))
			}
			s = f.want("direct=!InvalidManifest linked=x!InvalidManifest")
			if p := s.Workspaces["linked"].Problem; p.Field != "spec.mounts[0].source" || p.Line != 7 || p.Column != 33 {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestUnknownHomeIsSaid(t *testing.T) {
	f := newFixture(t, withHome(""))
	f.write("a.yaml", doc("shop", "x", "source: {path: ~/shop}"))
	f.want("shop=!InvalidManifest")
}
