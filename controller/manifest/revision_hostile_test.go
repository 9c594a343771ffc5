package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGitStartsNothing: whatever a repository contains, determining a revision starts no program that it configures.
func TestGitStartsNothing(t *testing.T) {
	f, root := newRevisionFixture(t)
	ran := filepath.Join(t.TempDir(), "ran")
	program := filepath.Join(root, "program")
	f.must(os.WriteFile(program, []byte(fmt.Sprintf("#!/bin/sh\necho \"$0 $*\" >>%q\ncat\n", ran)), 0o755))
	config := func(pairs ...string) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			git(t, root, "config", pairs[i], pairs[i+1])
		}
	}
	attributes := func(file, text string) {
		t.Helper()
		f.must(os.MkdirAll(filepath.Dir(file), 0o755))
		f.must(os.WriteFile(file, []byte(text), 0o644))
	}
	included := filepath.Join(root, "included")
	f.must(os.WriteFile(included, []byte(fmt.Sprintf("[filter \"inc\"]\n\tclean = %s inc\n\trequired\n", program)), 0o644))
	hook := filepath.Join(root, ".git", "hooks", "post-index-change")
	vectors := []struct {
		name  string
		plant func()
	}{
		{"clean filter, .gitattributes", func() {
			config("filter.x.clean", program+" clean", "filter.x.smudge", program+" smudge", "filter.x.required", "true")
			attributes(f.path(".gitattributes"), "*.yaml filter=x\n")
		}},
		{"filter process", func() {
			config("filter.p.process", program+" process", "filter.p.required", "true")
			attributes(f.path(".gitattributes"), "*.yaml filter=p\n")
		}},
		{"info/attributes", func() {
			attributes(filepath.Join(root, ".git", "info", "attributes"), "*.yaml filter=x diff=x\n")
		}},
		{"core.attributesFile", func() {
			attributes(filepath.Join(root, "attrs"), "*.yaml filter=x\n")
			config("core.attributesFile", filepath.Join(root, "attrs"))
		}},
		{"macro", func() { attributes(filepath.Join(root, ".gitattributes"), "[attr]m filter=x\n*.yaml m\n") }},
		{"included file", func() {
			config("include.path", included, "includeIf.gitdir:/.path", included)
			attributes(f.path(".gitattributes"), "*.yaml filter=inc\n")
		}},
		{"worktree config", func() {
			config("extensions.worktreeConfig", "true")
			attributes(filepath.Join(root, ".git", "config.worktree"), fmt.Sprintf("[filter \"w\"]\n\tclean = %s w\n", program))
			attributes(f.path(".gitattributes"), "*.yaml filter=w\n")
		}},
		{"monitor, hooks, textconv, pager, programs", func() {
			config("core.fsmonitor", program, "core.hooksPath", root, "core.pager", program, "core.sshCommand", program,
				"diff.external", program, "diff.x.textconv", program, "diff.x.command", program, "gpg.program", program,
				"credential.helper", program, "alias.status", "!"+program, "core.editor", program, "core.askPass", program,
				"core.gitProxy", program, "status.submoduleSummary", "true", "pager.status", program)
			f.must(os.Rename(program, program+"2"))
			f.must(os.Symlink(program+"2", program))
			f.must(os.MkdirAll(filepath.Dir(hook), 0o755))
			f.must(os.Symlink(program, hook))
		}},
		{"a promisor", func() {
			config("extensions.partialClone", "origin", "remote.origin.promisor", "true", "remote.origin.url", "ext::"+program+" %S",
				"protocol.ext.allow", "always")
		}},
		{"the environment", func() {
			t.Setenv("GIT_EXTERNAL_DIFF", program)
			t.Setenv("GIT_CONFIG_COUNT", "1")
			t.Setenv("GIT_CONFIG_KEY_0", "filter.w.clean")
			t.Setenv("GIT_CONFIG_VALUE_0", program)
			t.Setenv("GIT_CONFIG_GLOBAL", included)
		}},
	}
	for i, v := range vectors {
		v.plant()
		f.write("shop.yaml", doc("shop", fmt.Sprintf("node:%d", 40+i%2)))
		f.touch(time.Duration(i))
		if got := revision(f.load(), "shop"); !strings.HasSuffix(got, " dirty") {
			t.Errorf("%s: revision %q", v.name, got)
		}
		if out, err := os.ReadFile(ran); err == nil {
			t.Errorf("%s: ran %s", v.name, out)
			f.must(os.Remove(ran))
		}
	}
}

// touch makes git compare the file's content, which is where filters would run: the size is as in the index, the time
// is not.
func (f *fixture) touch(d time.Duration) {
	f.t.Helper()
	at := time.Now().Add(-time.Hour - d*time.Minute)
	f.must(os.Chtimes(f.path("shop.yaml"), at, at))
}
