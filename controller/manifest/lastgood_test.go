package manifest

import (
	"os"
	"strings"
	"testing"
)

func TestParseErrorKeepsLastGoodAndHoldsRemovals(t *testing.T) {
	good := doc("shop", "node:20") + "---\n" + doc("blog", "ruby:3")
	for _, tt := range []struct{ name, text, want string }{
		{"syntax", "apiVersion: [\n", "blog=ruby:3!InvalidManifest shop=node:20!InvalidManifest"},
		{"comments in place of white space", "\t\n", "blog=ruby:3!InvalidManifest shop=node:20!InvalidManifest"},
		{"name is gone", strings.Replace(good, "  name: blog\n", "  nam: blog\n", 1), "blog=ruby:3!InvalidManifest shop=node:20"},
		{"name is misspelt", strings.Replace(good, "  name: blog\n", "  name: Blog_\n", 1), "blog=ruby:3!InvalidManifest shop=node:20"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.write("a.yaml", good)
			f.write("other.yaml", doc("other", "go:1"))
			f.want("blog=ruby:3 other=go:1 shop=node:20")
			f.write("a.yaml", tt.text)
			f.load()
			f.pass(DefaultSettle)
			want := strings.Replace(tt.want, " shop", " other=go:1 shop", 1)
			s := f.want(want, HoldUnparsable)
			if len(s.Problems) == 0 || s.Problems[0].File != "a.yaml" || !strings.Contains(s.Holds[0].Message, "a.yaml") {
				t.Errorf("not said where: %+v %+v", s.Problems, s.Holds)
			}
			f.write("a.yaml", good)
			f.want("blog=ruby:3 other=go:1 shop=node:20")
		})
	}
}

func TestEmptyFileKeepsLastGood(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.write("a.yaml", "")
	s := f.want("shop=node:20", HoldHalfWritten)
	if s.RetryAfter <= 0 || s.RetryAfter > DefaultSettle {
		t.Errorf("retry after %v", s.RetryAfter)
	}
	f.pass(DefaultSettle)
	if s := f.want("shop=node:20!InvalidManifest", HoldUnparsable); s.RetryAfter != 0 {
		t.Errorf("retry after %v for a file that nobody writes", s.RetryAfter)
	}
	f.must(os.Remove(f.path("a.yaml")))
	f.write("b.yaml", doc("blog", "ruby:3"))
	f.want("blog=ruby:3")
}

func TestInvalidDocumentHoldsItsOwnNameOnly(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20")+"---\n"+doc("blog", "ruby:3"))
	before := f.want("blog=ruby:3 shop=node:20")
	f.write("a.yaml", doc("shop", "node:22")+"---\n"+doc("blog", "ruby:3", "imge: x"))
	s := f.want("blog=ruby:3!InvalidManifest shop=node:22")
	if p := s.Workspaces["blog"].Problem; p.Workspace != "blog" || p.Line == 0 || p.Column == 0 {
		t.Errorf("problem has no place: %+v", p)
	}
	f.write("a.yaml", doc("shop", "node:20")+"---\n"+doc("blog", "ruby:3"))
	after := f.want("blog=ruby:3 shop=node:20")
	if after.Workspaces["blog"] != before.Workspaces["blog"] {
		t.Error("an unchanged workspace is another pointer")
	}
	// A name that never was valid has a problem, and no spec.
	f.write("b.yaml", doc("new", "x", "imge: x"))
	f.want("blog=ruby:3 new=!InvalidManifest shop=node:20")
	f.write("b.yaml", "a: [\n")
	f.want("blog=ruby:3 new=!InvalidManifest shop=node:20", HoldUnparsable)
}

func TestDeletedManifestIsAbsent(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.write("b.yaml", doc("blog", "ruby:3"))
	f.want("blog=ruby:3 shop=node:20")
	f.must(os.Remove(f.path("a.yaml")))
	f.want("blog=ruby:3")
	f.write("a.yaml", doc("shop", "x", "imge: x"))
	f.want("blog=ruby:3 shop=!InvalidManifest") // What was removed does not rise again from a typing error.
	f.must(os.Remove(f.path("b.yaml")))
	f.must(os.Remove(f.path("a.yaml")))
	f.want("") // The last one in the same directory: a real removal.
}

func TestUnreadableFileKeepsLastGood(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
	f.must(os.Remove(f.path("a.yaml")))
	f.must(os.Symlink("gone.yaml", f.path("a.yaml")))
	s := f.want("shop=node:20!InvalidManifest", HoldUnreadable)
	if len(s.Problems) != 1 || s.Problems[0].File != "a.yaml" {
		t.Errorf("problems: %+v", s.Problems)
	}
	f.must(os.Remove(f.path("a.yaml")))
	f.write("a.yaml", doc("shop", "node:20"))
	f.want("shop=node:20")
}
