package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

func TestEngineUnreachable(t *testing.T) {
	b := newBench(t)
	b.Env = append(b.Env, "DOCKER_HOST=unix:///nonexistent.sock")
	b.Write("a.yaml", b.sleeper("a"))
	const sentence = "cannot reach the Docker engine at unix:///nonexistent.sock: is it running?"
	for _, verb := range []struct {
		args []string
		code int
	}{{[]string{"apply"}, 1}, {[]string{"diff"}, 2}, {[]string{"get"}, 1}, {[]string{"down"}, 1}} {
		r := b.Do(verb.args...)
		line := strings.TrimSpace(r.Stderr)
		if r.Code != verb.code || !strings.HasPrefix(line, "dual-reconciler: "+sentence) || strings.Contains(line, "\n") || strings.Count(line, ": ") > 2 {
			t.Errorf("%v: exit code %d, want %d\n%s", verb.args, r.Code, verb.code, r.Stderr)
		}
	}
	if r := b.Do("version"); r.Code != 0 || !strings.Contains(r.Stdout, sentence) {
		t.Errorf("version without an engine: %+v", r)
	}
	l := b.Run()
	l.WaitLog(sentence)
	b.Always("a controller waits for its engine", 500*time.Millisecond, func() string {
		select {
		case <-l.done:
			return "it ended"
		default:
			return ""
		}
	})
	l.Stop()
}

func TestSchema(t *testing.T) {
	b := newBench(t)
	var schema, crd map[string]any
	if r := b.Do("schema"); r.Code != 0 || json.Unmarshal([]byte(r.Stdout), &schema) != nil || schema["$schema"] == nil {
		t.Errorf("schema: %+v", r)
	}
	if r := b.Do("schema", "--crd"); r.Code != 0 || yaml.UnmarshalStrict([]byte(r.Stdout), &crd) != nil || crd["kind"] != "CustomResourceDefinition" {
		t.Errorf("schema --crd: %+v", r)
	}
}

func TestCompletion(t *testing.T) {
	b := newBench(t)
	r := b.Do("completion", "bash")
	if r.Code != 0 || !strings.Contains(r.Stdout, "complete -o default") {
		t.Fatalf("completion bash: exit code %d, %d bytes, %s", r.Code, len(r.Stdout), r.Stderr)
	}
	check := exec.Command("bash", "-n")
	check.Stdin = strings.NewReader(r.Stdout)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("bash does not take the completion: %v\n%s", err, out)
	}
}

func TestHelp(t *testing.T) {
	b := newBench(t)
	r := b.Do("help")
	verbs := []string{"run", "apply", "diff", "validate", "get", "down", "schema", "version", "completion"}
	b.wantWords("help", r.Stdout, append(verbs, "--manifests", "--instance", "--state-dir", "--log-format", "--log-level")...)
	for _, verb := range verbs[:len(verbs)-1] {
		if r := b.Do(verb, "--help"); r.Code != 0 || !strings.Contains(r.Stdout, "Examples:\n") {
			t.Errorf("%s --help has no examples: %+v", verb, r)
		}
	}
	for _, args := range [][]string{
		{"aply"},
		{"get", "--nonsense"},
		{"apply", "surplus"},
		{"run", "--workers", "0"},
		{"run", "--resync", "1ms"},
		{"run", "--prune-delay", "-1s"},
		{"get", "--log-level", "loud"},
		{"get", "--log-format", "xml"},
	} {
		if r := b.Do(args...); r.Code == 0 || !strings.HasPrefix(r.Stderr, "dual-reconciler: ") || r.Stdout != "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
	b.wantWords("a misspelt verb", b.Do("aply").Stderr, `"aply"`, "apply")
	b.Instance = "Not A Label"
	if r := b.Do("get"); r.Code != 1 || !strings.Contains(r.Stderr, "--instance") {
		t.Errorf("a bad instance: %+v", r)
	}
}
