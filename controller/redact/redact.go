// Package redact removes secret values from the messages of engines, setups and probes.
package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// mask replaces a secret.
const mask = "***"

const (
	// leastValue is the length of the shortest value that is masked. Shorter ones occur everywhere.
	leastValue = 4
	// anywhere is the length of the shortest value that is also masked within a longer word.
	anywhere = 8
)

// Secrets are the texts that no message about one workspace may contain.
type Secrets struct {
	texts []string
	// programs may be named as what could not be started.
	programs []string
}

// New collects the secrets of the workspace name: the values of env (NAME=value pairs), and of the secret fields of its
// desired and recorded specs. A value that the specs show in another field, such as the image's name, is not a secret.
func New(name string, env []string, specs ...v1alpha1.WorkspaceSpec) *Secrets {
	c := collector{found: map[string]bool{}, public: []string{v1alpha1.ContainerName(name)}}
	s := &Secrets{programs: []string{"sh", "/bin/sh"}}
	for i := range specs {
		c.shown(&specs[i])
	}
	for _, pair := range env {
		_, value, _ := strings.Cut(pair, "=")
		c.value(value)
	}
	for i := range specs {
		spec := &specs[i]
		for _, e := range spec.Env {
			c.value(e.Value)
		}
		c.script(spec.Setup)
		c.words(spec.Args)
		s.programs = append(s.programs, c.command(spec.Command)...)
		if p := spec.LivenessProbe; p != nil {
			s.programs = append(s.programs, c.command(p.Exec.Command)...)
		}
	}
	for text := range c.found {
		s.texts = append(s.texts, text)
	}
	slices.SortFunc(s.texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return s
}

var (
	// notStarted matches how runtimes quote what they could not start.
	notStarted = regexp.MustCompile(`(?:exec: |executable file )(?:"((?:[^"\\]|\\.)*)"|[` + "`" + `']([^` + "`" + `']*)[` + "`" + `'])`)
	// traced matches the lines that a shell prints with set -x: the script with the values of all variables.
	traced = regexp.MustCompile(`(?m)^(\++) .*$`)
)

// Text returns text without the secrets.
func (s *Secrets) Text(text string) string {
	text = traced.ReplaceAllString(text, "$1 "+mask)
	for _, secret := range s.texts {
		text = replace(text, secret)
	}
	for _, m := range notStarted.FindAllStringSubmatch(text, -1) {
		if quoted := m[1] + m[2]; quoted != "" && quoted != mask && !slices.Contains(s.programs, quoted) {
			text = replace(text, quoted)
		}
	}
	return text
}

// replace masks all occurrences of a secret. It masks a short one only as a separate word.
func replace(text, secret string) string {
	if !strings.Contains(text, secret) {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, secret)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if len(secret) < anywhere && (endsInWord(before) || beginsWithWord(after)) {
			out.WriteString(secret)
		} else {
			out.WriteString(mask)
		}
		text = after
	}
}

func endsInWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && wordRune(r)
}

func beginsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && wordRune(r)
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// Error returns err with a text without the secrets. It wraps err.
func (s *Secrets) Error(err error) error {
	if err == nil {
		return nil
	}
	text := s.Text(err.Error())
	if text == err.Error() {
		return err
	}
	return &masked{text, err}
}

type masked struct {
	text string
	err  error
}

func (m *masked) Error() string { return m.text }
func (m *masked) Unwrap() error { return m.err }
