package decode

import "testing"

func TestYAMLVersions(t *testing.T) {
	doc := manifest("web")
	for name, tt := range map[string]struct{ text, want string }{
		"1.1":           {"%YAML 1.1\n---\n" + doc, "web at 3 runs node:22"},
		"1.2":           {"%YAML 1.2\n---\n" + doc, "web at 3 runs node:22"},
		"1.3 and a tag": {"# a comment\n\n%YAML\t1.3 # later\n%TAG !e! tag:example.com,2000:\n---\n" + doc, "web at 6 runs node:22"},
		"CRLF":          {"%YAML 1.2\r\n---\r\n" + doc, "web at 3 runs node:22"},
		"second document": {
			"%YAML 1.2\n---\n" + doc + "...\n%YAML 1.2\n---\n" + manifest("api"),
			"web at 3 runs node:22\napi at 12 runs node:22",
		},
		"inside a text": {
			"---\n" + manifest("web", "setup: |", "  x", "env: [{name: A, value: \"a", "%YAML 1.2\"}]"), "web at 2 runs node:22",
		},
		"a fault keeps its place": {
			"%YAML 1.2\n---\n" + doc + "  imgae: x\n", "web at 3\nm.yaml:9:3: spec.imgae: unknown field \"imgae\"; did you mean \"image\"?",
		},
		"2.0": {
			"%YAML 2.0\n---\n" + doc, "syntax: m.yaml:1:1: invalid YAML: found incompatible YAML document",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := summary(File("m.yaml", []byte(tt.text))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
