package e2e

import (
	"strings"
	"testing"
)

// TestSecretsAreNotShown plants secrets wherever a manifest takes them, changes them, breaks them, and reads all that is said.
func TestSecretsAreNotShown(t *testing.T) {
	b := newBench(t)
	secret := func(n string) string { return "hunter" + n + "hunter" + n }
	manifest := func(n string) string {
		return b.sleeper("a", "env: [{name: COLOUR, value: "+secret(n)+"env}]", "envFrom: [{file: .env}]",
			"setup: \"true "+secret(n)+"setup\"", "hostname: box"+n)
	}
	b.file(b.Dir+"/.env", "PLAIN="+secret("1")+"file\n")
	b.Write("a.yaml", manifest("1"))
	var said strings.Builder
	say := func(args ...string) {
		r := b.Do(args...)
		said.WriteString(strings.Join(args, " ") + ":\n" + r.Stdout + r.Stderr)
	}
	l := b.Run("--log-format", "json")
	a := b.Running("a")
	b.Shows("a", "Running")
	b.Write("a.yaml", manifest("2"))
	say("diff")
	b.Replaced("a", a)
	b.Shows("a", "Running")
	b.file(b.Dir+"/.env", "DB_PASSWORD: "+secret("3")+"line\n")
	b.Shows("a", "InvalidManifest")
	b.Write("b.yaml", b.sleeper("b", "args: [12345678901234]", "env: [{name: PIN, value: 98765432109876}]"))
	b.Shows("b", "InvalidManifest")
	for _, args := range [][]string{{"validate"}, {"diff"}, {"get", "-o", "wide"}, {"events"}, {"apply", "--timeout", "1m"}} {
		say(args...)
	}
	l.Stop()
	say("get", "-o", "wide")
	said.WriteString(l.Log())
	said.WriteString(b.read(b.State + "/" + b.Instance + "/events.jsonl"))
	for _, planted := range []string{"hunter", "12345678901234", "98765432109876"} {
		for _, line := range strings.Split(said.String(), "\n") {
			if strings.Contains(line, planted) {
				t.Errorf("%s is shown: %s", planted, line)
			}
		}
	}
}
