package printable

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"": "",
		"plain\n\tzażółć 漢字 👨‍👩‍👧": "plain\n\tzażółć 漢字 👨‍👩‍👧",
		"\x1b[2Jx":                    `\x1b[2Jx`,
		"\x00\a\b\v\f\x7f":            `\x00\x07\x08\x0b\x0c\u007f`,
		"50%\r100%\r\ndone":           `50%\r100%` + "\ndone",
		"\u0085\u009b2J":              `\u0085\u009b2J`,
		"abc\u202edef\u2066\u2069":    `abc\u202edef\u2066\u2069`,
		"\u2028\u2029\u200e\ufeff":    `\u2028\u2029\u200e\ufeff`,
		"\x9b2J\xff caf\xe9 \xe2\x82": `\x9b2J\xff caf\xe9 \xe2\x82`,
		"\ufffd":                      "\ufffd",
	} {
		if got := Text(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	if got := Line("a\r\nb\tc\u0085d\x1b\n"); got != `a\r\nb\tc\u0085d\x1b\n` {
		t.Errorf("got %q", got)
	}
}

// harmless reports what must not be in an output.
func harmless(t *testing.T, s string, breaks bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is no UTF-8", s)
	}
	for _, r := range s {
		allowed := breaks && (r == '\n' || r == '\t')
		if !allowed && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)) {
			t.Errorf("%q has %U", s, r)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a\x1b]0;x\a", "\r\n", "\xe2\x80\xae", "\x80", "é", "\u202e\xff\r"} {
		f.Add(seed, 1)
	}
	f.Fuzz(func(t *testing.T, s string, cut int) {
		text, line := Text(s), Line(s)
		harmless(t, text, true)
		harmless(t, line, false)
		if Text(text) != text || Line(line) != line || Line(text) != Line(Text(text)) {
			t.Errorf("%q is escaped once more", s)
		}
		// However it is cut: only an unfinished end waits.
		var out strings.Builder
		w := NewWriter(&out)
		cut = max(0, cut) % (len(s) + 1)
		for _, part := range []string{s[:cut], s[cut:], "\n"} {
			if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
				t.Error(n, err)
			}
		}
		if out.String() != Text(s+"\n") {
			t.Errorf("cut at %d: %q, want %q", cut, out.String(), Text(s+"\n"))
		}
		var buf strings.Builder
		if err := json.NewEncoder(NewWriter(&buf)).Encode(map[string]string{s: s}); err != nil {
			t.Fatal(err)
		}
		harmless(t, buf.String(), true)
		var back, plain map[string]string
		direct, _ := json.Marshal(map[string]string{s: s})
		if err := json.Unmarshal([]byte(buf.String()), &back); err != nil || json.Unmarshal(direct, &plain) != nil {
			t.Fatalf("%q: %v", buf.String(), err)
		}
		for k, v := range plain {
			if back[k] != v {
				t.Errorf("JSON of %q is another value: %q", v, back)
			}
		}
	})
}
