package decode

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFile: no input panics or hangs, every fault lies inside the file, and a document is either good or has faults.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		manifest("a"), manifest("a", "env: [{name: A, value: yes}]", "args: &a [*a]"), "{", "[]", "---\n---\n", "\xef\xbb\xbfa: b", "a: \"b", "a:\n\t- b",
		`{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"a"},"spec":{"image":"x"}}{"a":1}`,
		"a: &a {<<: *a}\nb: *a", "? [a]\n: b", "a: !!binary x", "<<<<<<< HEAD\n", "a: \u0085b\u2028c: d", "a\r\nb: c\r", "spec: {resources: {limits: {cpu: 1e9999999}}}",
	} {
		f.Add("x.yaml", []byte(seed))
		f.Add("x.json", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		docs, syntax := File(name, data)
		if len(docs) == 0 && len(syntax) == 0 {
			t.Error("nothing is known of the file, and nothing is wrong with it")
		}
		all := syntax
		for _, d := range docs {
			if (d.Workspace == nil) != (len(d.Faults) > 0) {
				t.Errorf("document has workspace %v and faults %v", d.Workspace, d.Faults)
			}
			if d.Workspace != nil && d.Workspace.Name != d.Name {
				t.Errorf("name %q of workspace %q", d.Name, d.Workspace.Name)
			}
			all = append(all, d.Faults...)
		}
		// YAML 1.1 ends lines at NEL, LS and PS as well, where editors and JSON do not.
		plain := lineLengths(data, "\r\n", "\n", "\r", "\n")
		yaml11 := lineLengths(data, "\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
		for _, e := range all {
			if e.File != name || e.Message == "" {
				t.Errorf("incomplete: %+v", e)
			}
			if !plain.has(e) && !yaml11.has(e) {
				t.Errorf("outside of the file (%v): %+v", plain, e)
			}
		}
	})
}

// lengths of the lines of a file, in characters.
type lengths []int

func lineLengths(data []byte, breaks ...string) lengths {
	text := strings.NewReplacer(breaks...).Replace(string(trimBOM(data)))
	var l lengths
	for line := range strings.SplitSeq(text, "\n") {
		l = append(l, utf8.RuneCountInString(line))
	}
	return l
}

func (l lengths) has(e Fault) bool {
	return e.Line >= 1 && e.Line <= len(l) && e.Column >= 1 && e.Column <= l[e.Line-1]+1
}
