package e2e

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// everySight are the verbs that show something, and the forms in which they do.
var everySight = [][]string{
	{"validate"},
	{"validate", "-o", "json"},
	{"diff"},
	{"diff", "-o", "json"},
	{"get"},
	{"get", "-o", "wide"},
	{"get", "-o", "json"},
	{"get", "-o", "yaml"},
	{"events"},
	{"events", "-o", "json"},
}

// sight is all that a person or a program can see of an instance, each line behind where it is seen.
func (b *bench) sight(l *loop, described ...string) string {
	b.Helper()
	var all strings.Builder
	say := func(where, text string) {
		for line := range strings.Lines(text) {
			all.WriteString(where + ": " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	verbs := everySight
	for _, short := range described {
		verbs = append(verbs[:len(verbs):len(verbs)], []string{"describe", b.Name(short)})
	}
	for _, args := range verbs {
		r := b.Do(args...)
		say(strings.Join(args, " "), r.Stdout+r.Stderr)
	}
	if l != nil {
		say("log", l.Log())
		for _, path := range []string{"/apis/dual.dev/v1alpha1/workspaces", "/apis/dual.dev/v1alpha1/events"} {
			say("socket", b.socket(path))
		}
	}
	say("journal", b.read(filepath.Join(b.State, b.Instance, "events.jsonl")))
	return all.String()
}

// socket asks the controller itself.
func (b *bench) socket(path string) string {
	b.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(b.State, b.Instance, "controller.sock"))
	}}
	defer transport.CloseIdleConnections()
	_, text := b.fetchBy(&http.Client{Transport: transport}, "http://controller"+path)
	return text
}

func (b *bench) wantNone(sight string, of *regexp.Regexp) {
	b.Helper()
	for line := range strings.Lines(sight) {
		if of.MatchString(line) {
			b.Errorf("shown: %.1000q", line)
		}
	}
}

// TestNothingShowsSecrets: a setup, a probe and commands that cannot be started tell all that they know, and it is seen nowhere.
func TestNothingShowsSecrets(t *testing.T) {
	b := newBench(t)
	b.file(b.Dir+"/.env", "FROM_FILE=hunter1 in a file\n")
	env := "env: [{name: TOKEN, value: hunter2-token}]"
	b.Write("told.yaml", b.sleeper("told", env, "envFrom: [{file: .env}]",
		`setup: 'set -x; env; echo "hunter3literal $FROM_FILE"; echo -n "me:$TOKEN" | base64; hunter4program; echo why; exit 3'`))
	b.Write("probed.yaml", b.sleeper("probed", env,
		`livenessProbe: {exec: {command: [sh, -c, "env; echo hunter5literal; echo sick; exit 1"]}, periodSeconds: 1, timeoutSeconds: 120, failureThreshold: 1}`))
	b.Write("broken.yaml", b.manifest("broken", "image: busybox", "init: false", "command: [hunter6 program]", "args: [hunter7arg]"))
	b.Write("args.yaml", b.manifest("args", "image: busybox", "init: false", "command: [nosuchprogram]", "args: [hunter8arg]"))
	for file, spec := range map[string]string{
		"tag": "env: [{name: TOKEN, value: !hunter9}]", "alias": "env: [{name: TOKEN, value: *hunter9}]", "key": "env: [{name: TOKEN, value: a,hunter9}]",
		"line": "setup: |\n  hunter9: x",
	} {
		b.Write(file+".yaml", b.sleeper(file, spec))
	}
	l := b.Run(append(quick, "--log-level", "debug")...)
	b.Shows("told", "SetupFailed", "setup exited with code 3", "why", "***")
	b.Shows("broken", "StartFailed", "***")
	b.Shows("args", "StartFailed", `"nosuchprogram"`)
	b.Eventually("the probe fails", func() string { return lacks(b.Do("events", b.Name("probed"), "-o", "json").Stdout, "sick") })
	of := regexp.MustCompile("hunter|" + "bWU6aHVudGVy")
	names := []string{"told", "probed", "broken", "args", "tag", "key"}
	sight := b.sight(l, names...)
	wantText(t, "names of variables", sight, "TOKEN", "nosuchprogram")
	b.wantNone(sight, of)
	b.wantNone(b.Do("apply", "--timeout", "1s").Stdout, of)
	l.Stop()
	b.wantNone(b.sight(nil, names...), of)
	for _, name := range b.stateFiles() {
		if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() && st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, st.Mode().Perm())
		}
	}
}

func lacks(text, part string) string {
	if strings.Contains(text, part) {
		return ""
	}
	return part + " is not in " + text
}

// controlCharacters are those that nothing but exec and logs may print: a newline ends each line, and a tab is in logs of text.
var controlCharacters = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

// TestControlCharactersAreEscaped puts them into all that somebody else may name or say.
func TestControlCharactersAreEscaped(t *testing.T) {
	b := newBench(t)
	const evil = "\x1b[2J\u009b2J\u202e"
	b.Write("told.yaml", b.sleeper("told", `setup: 'printf "\033[2J\302\2332J\342\200\256told\rforged\377\n"; exit 3'`))
	b.Write("key.yaml", strings.Replace(b.sleeper("key", `"\e[2J\x9b\u202e": x`, `"\e]0;title\a": {"\u2028": y}`),
		"metadata:\n", "metadata:\n"+`  labels: {"\e]0;title\a\x9b": "\e[2J\u202e"}`+"\n", 1))
	b.Write("file\n"+evil+".yaml", b.sleeper("file", "imgae: x"))
	b.Write("good\n"+evil+".yaml", strings.Replace(b.sleeper("good"), "metadata:\n", `metadata:`+"\n"+`  annotations: {note: "\e[2J\x9b\u202e"}`+"\n", 1))
	b.Write("held.yaml", b.sleeper("held"))
	b.repo()
	b.git("checkout", "-q", "-b", "branch\u009b2J\u202e")
	b.docker("run", "-d", "--name", b.Container("held"), "--label", "dual.dev/instance="+b.Instance, "--label", "dual.dev/workspace="+b.Name("held"),
		"--label", `dual.dev/spec={"image":"busybox"}`, "--label", "dual.dev/manifests=/elsewhere\nforged"+evil, "--label", "dual.dev/machine=m"+evil,
		"--label", "dual.dev/host=h\nforged"+evil, "busybox", "sleep", "1000000")
	l := b.Run(quick...)
	b.Shows("told", "SetupFailed", `\x1b[2J\u009b2J\u202etold\rforged\xff`)
	b.Shows("held", "Held", `\nforged\x1b[2J`)
	b.Running("good")
	names := []string{"told", "key", "good", "held"}
	sight := b.sight(l, names...)
	wantText(t, "what is said", sight, `good\n\x1b[2J\u009b2J\u202e.yaml:1`, `branch\u009b2J\u202e`, `\x1b]0;title\x07`)
	b.wantNone(sight, controlCharacters)
	b.wantNone(sight, regexp.MustCompile(`^[a-z -]+: *forged`))
	r := b.Do("apply", "--timeout", "1s")
	b.wantNone(r.Stdout+r.Stderr, controlCharacters)
	l.Stop()
	b.wantNone(b.sight(nil, names...), controlCharacters)
}
