package decode

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFileSyntax(t *testing.T) {
	const head = "apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata: {name: a}\nspec:\n"
	tests := map[string]struct{ name, data, want string }{
		"empty":         {"x.yaml", "", "x.yaml:1:1: file is empty; delete it to remove its workspaces"},
		"blank":         {"x.yaml", " \n\r\n\n", "x.yaml:1:1: file is empty; delete it to remove its workspaces"},
		"only a BOM":    {"x.yaml", "\xef\xbb\xbf", "x.yaml:1:1: file is empty; delete it to remove its workspaces"},
		"comments":      {"x.yaml", "# todo\n---\n---\n", "x.yaml:1:1: file has no manifest, only comments or empty documents; delete the file to remove its workspaces"},
		"empty JSON":    {"x.json", "\n", "x.json:1:1: file is empty; delete it to remove its workspaces"},
		"UTF-16":        {"x.yaml", "\xff\xfea\x00:\x00", "x.yaml:1:1: file is encoded as UTF-16; save it as UTF-8"},
		"UTF-16, bare":  {"x.yaml", "\x00a\x00p\x00i", "x.yaml:1:1: file is encoded as UTF-16; save it as UTF-8"},
		"Latin-1":       {"x.yaml", head + "  image: caf\xe9\n", "x.yaml:5:13: byte 0xe9 is not valid UTF-8; save the file as UTF-8"},
		"zeros":         {"x.yaml", head + "  image: a\x00\x00\x00\x00", "x.yaml:5:11: file contains a NUL byte; it is half-written or not a text file"},
		"control":       {"x.yaml", head + "  image: \x1b[0m", "x.yaml:5:10: control character U+001B is not allowed; remove it or write it as an escape in double quotes"},
		"tab":           {"x.yaml", head + "\timage: a\n", "x.yaml:5:1: invalid YAML: a tab indents this line; YAML wants spaces"},
		"tab in spaces": {"x.yaml", head + "  image: a\n  \tinit: true\n", "x.yaml:6:3: invalid YAML: a tab indents this line; YAML wants spaces"},
		"dedent":        {"x.yaml", head + "  image: a\n init: true\n", "x.yaml:6:2: invalid YAML: did not find expected key; check the indentation of this line and of those above"},
		"indent":        {"x.yaml", head + "  image: a\n    init: true\n", "x.yaml:6:5: invalid YAML: mapping values are not allowed in this context; check the indentation, and quote text that contains a colon and a space"},
		"colon":         {"x.yaml", head + "  image: a\n  setup: echo: b\n", "x.yaml:6:3: invalid YAML: mapping values are not allowed in this context; check the indentation, and quote text that contains a colon and a space"},
		"no colon":      {"x.yaml", head + "  image: a\n  init\n", "x.yaml:6:3: invalid YAML: could not find expected ':'; a key is followed by a colon and a space"},
		"at sign":       {"x.yaml", head + "  image: @a\n", "x.yaml:5:3: invalid YAML: found character that cannot start any token; quote text that begins with @, ` or %"},
		"open quote":    {"x.yaml", head + "  image: \"a\n  init: true\n", "x.yaml:5:3: invalid YAML: found unexpected end of stream; a quote is not closed, or the file is half-written"},
		"open bracket":  {"x.yaml", head + "  image: a\n  args: [a, b\n", "x.yaml:6:3: invalid YAML: did not find expected ',' or ']'; a [ or { is not closed, or a comma is missing"},
		"anchor":        {"x.yaml", head + "  image: *a\n", "x.yaml:5:3: invalid YAML: unknown anchor; put text that begins with * in quotes"},
		"conflict": {
			"x.yaml", head + "<<<<<<< HEAD\n  image: a\n=======\n  image: b\n>>>>>>> feat\n<<<<<<< HEAD\n=======\n>>>>>>> feat\n",
			"x.yaml:5:1: unresolved git conflict; choose one side and remove the markers <<<<<<<, ======= and >>>>>>>\n" +
				"x.yaml:10:1: unresolved git conflict; choose one side and remove the markers <<<<<<<, ======= and >>>>>>>",
		},
		"rest of a conflict": {"x.yaml", head + "  image: a\r\n=======\r\n", "x.yaml:6:1: unresolved git conflict; choose one side and remove the markers <<<<<<<, ======= and >>>>>>>"},
		"conflict in JSON":   {"x.json", "{\n<<<<<<< HEAD\n", "x.json:2:1: unresolved git conflict; choose one side and remove the markers <<<<<<<, ======= and >>>>>>>"},
		"JSON array":         {"x.json", ` [{"kind":"Workspace"}]`, "x.json:1:2: a JSON array is no manifest; write its items as objects one after the other"},
		"half JSON":          {"x.json", "{\n  \"kind\": \"Work", "x.json:2:16: invalid JSON: the file ends within a value; it is half-written, or a bracket is not closed"},
		"open JSON":          {"x.json", "{\"spec\": {\n\"image\": \"a\"}\n", "x.json:2:14: invalid JSON: the file ends within a value; it is half-written, or a bracket is not closed"},
		"comma":              {"x.json", "{\n  \"a\": 1,\n}\n", "x.json:3:1: invalid JSON: invalid character '}' looking for beginning of object key string"},
		"comment in JSON":    {"x.json", "{\n  // no\n}\n", "x.json:2:3: invalid JSON: invalid character '/'"},
		"deep JSON":          {"x.json", strings.Repeat(`{"a":`, 2000), "x.json:1:5002: invalid JSON: values are nested too deeply"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, syntax := File(tt.name, []byte(tt.data))
			var got []string
			for _, e := range syntax {
				got = append(got, e.Error())
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What stands in front of the fault is known, and is returned with it.
func TestFileKeepsDocumentsBeforeTheFault(t *testing.T) {
	got := summary(File("x.yaml", []byte(manifest("a")+"---\nkind: [\n")))
	want := "a at 1 runs node:22\nsyntax: x.yaml:8:1: invalid YAML: did not find expected node content"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestErrorWithoutPlace(t *testing.T) {
	if got := (Fault{File: "x.yaml", Message: "permission denied"}).Error(); got != "x.yaml: permission denied" {
		t.Error(got)
	}
}
