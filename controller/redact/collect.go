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

// collector collects the texts to mask.
type collector struct {
	found  map[string]bool
	public []string
}

// shown records the values that a spec shows in other fields. Masking them would hide nothing and make messages
// unreadable.
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

// value adds the value of a variable: as it is, line by line, and in the encodings that programs commonly use.
func (c *collector) value(v string) {
	switch v = strings.TrimSpace(v); v {
	case "true", "false":
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

// inBase64 returns the base64 encodings of a value, alone and after another text, as in user:password.
func inBase64(e *base64.Encoding, v string) []string {
	var out []string
	for shift, skip := range []int{0, 2, 3} {
		text := e.EncodeToString([]byte(strings.Repeat("\x00", shift) + v))
		if (shift+len(v))%3 != 0 {
			out = append(out, text[skip:]) // At the end of the encoded text.
			text = text[:len(text)-1]
		}
		out = append(out, text[skip:])
	}
	return out
}

// command adds the words of a command. It returns the first word if that is clearly a program's name, which a message
// may show.
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
	// ordinary matches words, flags, paths and small numbers that are common in scripts and in the output of programs.
	ordinary = regexp.MustCompile(`^(-{0,2}[A-Za-z]?[a-z]*([-_][a-z]+)*|[~./a-z_-]+|[0-9.]{1,5})$`)
	// separators match the characters between the words of a script.
	separators = regexp.MustCompile(`[\s"'` + "`" + `=;|&()<>{}\[\]$:/@?,%\\]+`)
	blanks     = regexp.MustCompile(`[\s"'` + "`" + `;|&()<>]+`)
	// names match what is in front of a secret, and the secret.
	names = regexp.MustCompile(`(?i)[\w-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|credential|auth|bearer|basic|--?u(?:ser)?\b|--?pass\b)[\w-]*["']?[\s=:]+["']?([^\s"';|&]+)`)
)

// script adds a shell script or an argument: each line with a word that is not ordinary, and each such word. Ordinary
// words remain readable, because the output of a failed setup describes the failure in the words of the script.
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

// named adds the word after a name that is typical of secrets, also if it is an ordinary word.
func (c *collector) named(text string) {
	for _, m := range names.FindAllStringSubmatch(text, -1) {
		c.add(m[1])
		for _, part := range strings.Split(m[1], ":") {
			c.add(part)
		}
	}
}
