package manifest

import (
	"testing"
)

// others are what other tools leave in a directory.
var others = map[string]string{
	"values.yaml":        "replicaCount: 3\nimage: {tag: x}\n",
	"configmap.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {a: b}\n",
	"list.yaml":          "- a\n- b\n",
	"text.yaml":          "hello\n",
	"package.json":       `{"name": "x", "version": "1.0.0"}`,
	"kustomization.yaml": "resources: [a.yaml]\n",
	"compose.yaml":       "services: {web: {image: nginx}}\n",
	"empty.yaml":         "",
	"comments.yaml":      "# nothing\n---\n# here\n",
	"devfile.yaml":       "apiVersion: workspace.devfile.io/v1alpha2\nkind: Workspace\nmetadata: {name: shop}\nspec: {}\n",
	"number.json":        "7",
	"null.yaml":          "---\n~\n",
	"nameless.yaml":      "apiVersion: apps/v1\nkind: Deployment\n",
}

func TestOtherToolsFilesHoldNothing(t *testing.T) {
	for name, text := range others {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.write("shop.yaml", doc("shop", "node:20"))
			f.write("blog.yaml", doc("blog", "ruby:3"))
			f.write(name, text)
			f.load()
			f.pass(DefaultSettle)
			s := f.want("blog=ruby:3 shop=node:20")
			if len(s.Problems) == 0 {
				t.Error("it is not reported")
			}
			for _, p := range s.Problems {
				if !p.Note() || p.File != name || p.Workspace != "" {
					t.Errorf("reported as %+v", p)
				}
			}
		})
	}
}

// TestFileThatHeldAWorkspaceKeepsItsLastGood writes the same over a manifest, in this process and in the next.
func TestFileThatHeldAWorkspaceKeepsItsLastGood(t *testing.T) {
	for name, text := range others {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			// The extension determines how a file is read.
			file := "shop" + name[len(name)-5:]
			f.write("blog.yaml", doc("blog", "ruby:3"))
			f.write(file, "{apiVersion: dual.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {image: 'node:20'}}\n")
			if file == "shop.json" {
				f.write(file, `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop"},"spec":{"image":"node:20"}}`)
			}
			f.want("blog=ruby:3 shop=node:20")
			f.write(file, text)
			f.load()
			f.pass(DefaultSettle)
			s := f.load()
			if got := summary(s); got != "blog=ruby:3 shop=node:20!InvalidManifest" {
				t.Errorf("in force: %s", got)
			}
			f.restart(
				WithKnown(func() []string { return []string{"blog", "shop"} }),
				WithCurrentFile(func(name string) string { return map[string]string{"blog": "blog.yaml", "shop": file}[name] }),
			)
			f.load()
			f.pass(DefaultSettle)
			if s := f.load(); s.Workspaces["shop"] == nil && len(s.Holds) == 0 {
				t.Errorf("the next process lets it go: %+v", s.Problems)
			}
		})
	}
}

// TestMeantToBeAWorkspace is no other tool's.
func TestMeantToBeAWorkspace(t *testing.T) {
	for name, text := range map[string]string{
		"no kind":          "apiVersion: dual.dev/v1alpha1\nmetadata: {name: new}\nspec: {image: x}\n",
		"neither":          "metadata: {name: new}\nspec: {image: x}\n",
		"misspelt kind":    "apiVersion: dual.dev/v1alpha1\nkind: Workspce\nmetadata: {name: new}\nspec: {image: x}\n",
		"another version":  "apiVersion: dual.dev/v1\nkind: Workspace\nmetadata: {name: new}\nspec: {image: x}\n",
		"version alone":    "apiVersion: v1alpha1\nkind: Workspace\nmetadata: {name: new}\nspec: {image: x}\n",
		"misspelt version": "apiVersion: dua.dev/v1alpha1\nkind: Workspace\nmetadata: {name: new}\nspec: {image: x}\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.write("new.yaml", text)
			s := f.want("new=!InvalidManifest")
			for _, p := range s.Problems {
				if p.Note() {
					t.Errorf("only a note: %+v", p)
				}
			}
		})
	}
}
