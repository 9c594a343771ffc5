package decode

import (
	"strings"
	"testing"
)

// TestFaultsQuoteNoSecret puts a value wherever one can end up by the usual slips, and reads what is said.
func TestFaultsQuoteNoSecret(t *testing.T) {
	for _, word := range []string{"hunter2", "swordfish"} {
		t.Run(word, func(t *testing.T) { faultsQuoteNo(t, word) })
	}
}

func faultsQuoteNo(t *testing.T, s string) {
	const head = "apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata: {name: a}\n"
	var texts []string
	// Forms that a value has where it is not quoted as it should be.
	forms := []string{
		"!" + s, "!!" + s, "! " + s, "*" + s, "&" + s, "&" + s + " &" + s, "&a [*a, " + s + "]", "[" + s + "]", "{" + s + ": x}", "{" + s + ": {" + s + ": x}}", "@" + s, "`" + s, "%" + s,
		"!!binary " + s, "!!int " + s, "!!bool " + s, "!!float " + s, "!<" + s + "> x", "!e!" + s + " x", "\"" + s, "'" + s, "\"" + s + "\" x", "{" + s, "[" + s, "a: " + s, s + ": a: b",
		"\"\\" + s + "\"", "\"\\u" + s + "\"", "\"\\xf" + s + "\"", "|9x" + s, ">- " + s, "| " + s, "? " + s, "- " + s, "- - " + s, "\t" + s, "<<: " + s, "{<<: " + s + "}", "{<<: [" + s + "]}", "{<<: *" + s + "}",
		"{? [" + s + "] : x}", "{? {" + s + ": x} : x}", "{" + s + ", " + s + "}", "a, " + s, "a, " + s + ": x, " + s + ": y", "#" + s, "\x1b" + s, "\u0085" + s, "\xff" + s, "<<<<<<< " + s, s + "=x", "~" + s,
	}
	for _, v := range forms {
		for _, spec := range []string{
			"env: [{name: TOKEN, value: %}]", "env:\n  - name: TOKEN\n    value: %", "env: {TOKEN: %}", "env: %", "env: [%]", "env:\n  - TOKEN: %", "env:\n  - %",
			"env: [{name: T, value: a}, {name: T, value: %}]", "env: [{name: T, valeu: %}]", "env: [{name: T, valueFrom: %}]", "env: [{name: T, value: a, %}]", "env:\n  - name: T\n    value: |\n    %",
			"environment: {T: %}", "environment:\n  - T=%", "envs: [%]",
			"args: %", "args: [%]", "args:\n  - %", "args: [a, {b: %}]", "args: {%}", "arg: %", "arguments: [%]",
			"setup: %", "setup: |\n  %", "setup: [%]", "setup:\n    run: %", "setup: {run: %}", "setup: a\n  %", "setup: |\n  curl\n  %\n  %", "setups: %", "setup: >\n %",
			"command: %", "command: [%]", "command:\n  - %", "command: [a, {b: %}]", "command: {%}", "command: [sh, -c, %]",
			"livenessProbe: {exec: {command: [%]}}", "livenessProbe: {exec: %}", "livenessProbe: {exec: {%}}", "livenessProbe: {exec: {command: a, %}}", "livenessProbe: {command: [%]}",
			"livenessProbe: %", "livenessProbe: {exec: {command: [a]}, %}", "livenessProbe: {exec: {cmd: %}}", "livenessProbe: [%]",
		} {
			texts = append(texts, head+"spec:\n  image: node\n  "+strings.ReplaceAll(spec, "%", v)+"\n")
			texts = append(texts, head+"spec: {image: node, "+strings.ReplaceAll(spec, "%", v)+"}\n")
		}
		texts = append(texts, head+"spec: {image: node, setup: a}\n"+v, head+"spec: {image: node, setup: "+v, head+"spec: {image: node, setup: a, "+v+"}\nx: "+v)
	}
	if raceDetector { // Nothing runs beside it: make test reads all of them without the detector, ten times as fast.
		some := texts[:0]
		for i := 0; i < len(texts); i += 16 {
			some = append(some, texts[i])
		}
		texts = some
	}
	faults := 0
	for _, name := range []string{"x.yaml", "x.json"} {
		for _, text := range texts {
			docs, errs := File(name, []byte(text))
			for _, d := range docs {
				errs = append(errs, d.Faults...)
			}
			faults += len(errs)
			for _, e := range errs {
				if strings.Contains(strings.ToLower(e.Error()), s[1:]) {
					t.Errorf("%s\nsays %s", text, e)
				}
			}
		}
	}
	if faults < len(texts) {
		t.Errorf("only %d faults in %d texts", faults, len(texts))
	}
}

// TestKeysAreNamed: whoever misspells a field reads which one.
func TestKeysAreNamed(t *testing.T) {
	for spec, want := range map[string]string{
		"zebra: x":                              `x.yaml:7:3: spec.zebra: unknown field "zebra"; known here`,
		"env: [{nmae: A, value: b}]":            `x.yaml:7:10: spec.env[0].nmae: unknown field "nmae"; did you mean "name"?`,
		"env: [{name: A, abc: b}]":              `x.yaml:7:19: spec.env[0]: unknown field; known here: name, value`,
		"env: [{name: A, abc, abc}]":            `x.yaml:7:24: spec.env[0]: duplicate key, first written on line 7; keep one of them`,
		"setup: a\n  zebra: x":                  `x.yaml:8:3: spec: unknown field; known here`,
		"resources: {zebra}":                    `x.yaml:7:15: spec.resources: unknown field; known here: limits`,
		"env: [{name: 'A B=c'}]":                `x.yaml:7:16: spec.env[0].name: Invalid value: "A…=…": must not contain =`,
		"setup: a\n  hostname: b c\n  zebra: 1": `x.yaml:8:13: spec.hostname: Invalid value: "b c"`,
	} {
		if got := summary(File("x.yaml", []byte(manifest("a", strings.Split(strings.ReplaceAll(spec, "\n  ", "\n"), "\n")...)))); !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", spec, got, want)
		}
	}
}
