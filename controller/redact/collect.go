package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// collector finds what is to be masked.
type collector struct {
	found  map[string]bool
	public []string
}

// shown notes what a spec shows anyway: to mask it would hide nothing, and make messages riddles.
func (c *collector) shown(s *v1alpha1.WorkspaceSpec) {
	c.public = append(c.public, s.Image, s.Network, s.Hostname, s.WorkingDir, s.SecurityContext.User)
	if s.Source != nil {
		c.public = append(c.public, s.Source.Path)
	}
	for _, m := range s.Mounts {
		c.public = append(c.public, m.Name, m.Source, m.Target)
	}
}

func (c *collector) add(texts ...string) {
	for _, text := range texts {
		if len(text) >= leastValue && !slices.ContainsFunc(c.public, func(p string) bool { return strings.Contains(p, text) }) {
			c.found[text] = true
		}
	}
}

// value is that of a variable: masked as it is, line by line, and in the forms in which programs pass values on.
func (c *collector) value(v string) {
	switch v = strings.TrimSpace(v); v {
	case "true", "false": // Switches.
		return
	}
	c.forms(v)
	if lines := strings.Split(v, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= anywhere {
				c.forms(line)
			}
		}
	}
}

func (c *collector) forms(v string) {
	if len(v) < leastValue {
		return
	}
	c.add(v, url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(v, "'", `'\''`), strings.ReplaceAll(v, "'", `'"'"'`))
	if text, err := json.Marshal(v); err == nil {
		c.add(strings.Trim(string(text), `"`))
	}
	if len(v) < anywhere-2 {
		return
	}
	c.add(inBase64(base64.RawStdEncoding, v)...)
	c.add(inBase64(base64.RawURLEncoding, v)...)
}

// inBase64 is what a value looks like in base64, alone and behind something else, as in user:password.
func inBase64(e *base64.Encoding, v string) []string {
	var out []string
	for shift, skip := range []int{0, 2, 3} {
		text := e.EncodeToString([]byte(strings.Repeat("\x00", shift) + v))
		if (shift+len(v))%3 != 0 {
			out = append(out, text[skip:]) // At the end of the whole.
			text = text[:len(text)-1]
		}
		out = append(out, text[skip:])
	}
	return out
}

// command is one: its first word is a program's name where it looks like nothing else, and may be quoted.
func (c *collector) command(words []string) (programs []string) {
	if program, plain := specdiff.ShownProgram(words); plain {
		programs, words = []string{program}, words[1:]
	}
	c.words(words)
	return programs
}

func (c *collector) words(words []string) {
	for _, word := range words {
		c.script(word)
	}
	c.named(strings.Join(words, " "))
}

var (
	// ordinary are words, flags, paths and small numbers as every script has them, and as every program prints them.
	ordinary = regexp.MustCompile(`^(-{0,2}[A-Za-z]?[a-z]*([-_][a-z]+)*|[~./a-z_-]+|[0-9.]{1,5})$`)
	// separators are what may surround a word of a script.
	separators = regexp.MustCompile(`[\s"'` + "`" + `=;|&()<>{}\[\]$:/@?,%\\]+`)
	blanks     = regexp.MustCompile(`[\s"'` + "`" + `;|&()<>]+`)
	// names are what stands in front of a secret.
	names = regexp.MustCompile(`(?i)[\w-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|credential|auth|bearer|basic|--?u(?:ser)?\b|--?pass\b)[\w-]*["']?[\s=:]+["']?([^\s"';|&]+)`)
)

// script is a text of a shell or an argument: masked line by line, and word by word, where a word is no ordinary one.
// Ordinary words stay readable: a setup's output says why it failed in the words of the script.
func (c *collector) script(text string) {
	c.named(text)
	for line := range strings.SplitSeq(text, "\n") {
		plain := true
		for _, split := range []*regexp.Regexp{blanks, separators} {
			for _, word := range split.Split(line, -1) {
				if ordinary.MatchString(word) {
					continue
				}
				plain = false
				c.add(word)
				if flag := strings.TrimLeft(word, "-"); len(flag) == len(word)-1 && len(flag) > leastValue {
					c.add(flag[1:]) // mysql -phunter2
				}
			}
		}
		if !plain {
			c.forms(strings.TrimSpace(line))
		}
	}
}

// named masks what follows a name that secrets have, however ordinary it looks.
func (c *collector) named(text string) {
	for _, m := range names.FindAllStringSubmatch(text, -1) {
		c.add(m[1])
		for _, part := range strings.Split(m[1], ":") {
			c.add(part)
		}
	}
}
