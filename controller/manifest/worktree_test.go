package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// TestGitDirectory derives the git directory of sources that are linked work trees, and of those that only say so.
func TestGitDirectory(t *testing.T) {
	root := hostpath.Resolve(t.TempDir())
	at := func(elements ...string) string { return filepath.Join(append([]string{root}, elements...)...) }
	put := func(file, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(at(file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	repository := func(dir string) {
		t.Helper()
		put(dir+"/HEAD", "ref: refs/heads/main\n")
		put(dir+"/objects/info/packs", "")
		put(dir+"/refs/heads/main", "")
	}
	linked := func(dir, name, back string) {
		t.Helper()
		put(dir+"/worktrees/"+name+"/gitdir", back+"\n")
		put(dir+"/worktrees/"+name+"/commondir", "../..\n")
	}
	repository("repo/.git")
	linked("repo/.git", "wt", at("wt", ".git"))
	put("wt/.git", "gitdir: "+at("repo/.git/worktrees/wt")+"\n")

	linked("repo/.git", "rel", "../../../../rel/.git")
	put("rel/.git", "gitdir: ../repo/.git/worktrees/rel\n")

	repository("bare.git")
	linked("bare.git", "b", at("b", ".git"))
	put("b/.git", "gitdir: "+at("bare.git/worktrees/b"))

	put("forged/.git", "gitdir: "+at("repo/.git/worktrees/wt")+"\n")
	put("nowhere/.git", "gitdir: "+at("absent/worktrees/wt")+"\n")
	put("normal/.git/HEAD", "")
	put("text/.git", "hello")
	repository("secret")
	linked("secret", "x", at("elsewhere", ".git"))
	put("secret/worktrees/x/commondir", at("wt"))
	put("elsewhere/.git", "gitdir: "+at("secret/worktrees/x"))
	linked("plain", "p", at("plainwt", ".git"))
	put("plainwt/.git", "gitdir: "+at("plain/worktrees/p"))
	repository("repo/.git/modules/sub")
	put("sub/.git", "gitdir: ../repo/.git/modules/sub\n")
	put("own/.git", "gitdir: ./.bare/worktrees/x")
	repository("own/.bare")
	linked("own/.bare", "x", at("own", ".git"))
	put("long/.git", "gitdir: "+at("repo/.git/worktrees/wt")+"\ngitdir: /etc")
	if err := os.MkdirAll(at("link"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("wt/.git"), at("link/.git")); err != nil {
		t.Fatal(err)
	}
	l := NewLoader(root)
	for source, want := range map[string]struct{ source, target, refused string }{
		"wt":        {at("repo/.git"), at("repo/.git"), ""},
		"rel":       {at("repo/.git"), "/repo/.git", ""},
		"b":         {at("bare.git"), at("bare.git"), ""},
		"forged":    {refused: "does not lead back"},
		"nowhere":   {refused: "cannot be read"},
		"normal":    {},
		"text":      {},
		"elsewhere": {refused: "commondir does not lead to"},
		"plainwt":   {refused: "is no git directory"},
		"sub":       {refused: "submodule"},
		"own":       {},
		"long":      {},
		"link":      {},
		"absent":    {},
	} {
		got, refused := l.resolver.gitDirectory(at(source), nil)
		if (got == nil) != (want.source == "") || got != nil && *got != (specdiff.GitDirectory{Source: want.source, Target: want.target}) {
			t.Errorf("%s: %+v, want %+v", source, got, want)
		}
		if (refused == "") != (want.refused == "") || !strings.Contains(refused, want.refused) {
			t.Errorf("%s: refused %q, want %q", source, refused, want.refused)
		}
	}
	declared := []v1alpha1.Mount{{Type: v1alpha1.MountBind, Source: at("repo"), Target: at("repo") + "/"}}
	if got, refused := l.resolver.gitDirectory(at("wt"), declared); got != nil || refused != "" {
		t.Errorf("where the manifest says what is mounted: %+v, %s", got, refused)
	}
	sockets := NewLoader(root, WithEngineSockets([]string{at("repo/.git/engine.sock")}))
	if got, refused := sockets.resolver.gitDirectory(at("wt"), nil); got != nil || !strings.Contains(refused, "socket") {
		t.Errorf("a repository with the engine's socket: %+v, %s", got, refused)
	}
}
