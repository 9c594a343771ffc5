package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkExec measures one command by the engine's API, by docker exec and by ours, in turn so that each sees the same
// machine, and reports the medians and our ratio to each:
//
//	go test -C cmd/dual-reconciler/e2e . -run '^$' -bench '^BenchmarkExec$' -benchtime 40x
func BenchmarkExec(b *testing.B) {
	// The binary of the tests is built with the race detector: nothing to measure.
	program := filepath.Join(b.TempDir(), "dual-reconciler")
	if out, err := exec.Command("go", "build", "-C", "../../..", "-o", program, "./cmd/dual-reconciler").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	name := fmt.Sprintf("bench-%d", os.Getpid())
	manifests, state := b.TempDir(), b.TempDir()
	manifest := fmt.Sprintf("apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata: {name: %s}\nspec: {image: busybox, command: [sleep, \"1000000\"]}\n", name)
	if err := os.WriteFile(filepath.Join(manifests, "w.yaml"), []byte(manifest), 0o600); err != nil {
		b.Fatal(err)
	}
	ours := func(args ...string) []string {
		return append([]string{program, "--manifests", manifests, "--state-dir", state, "--instance", name}, args...)
	}
	run := func(command []string) {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	run(ours("apply"))
	defer run([]string{"docker", "rm", "-f", "dual-" + name})

	api := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", engineSocket())
	}}}
	ways := []struct {
		name string
		do   func()
	}{
		{"raw", func() { rawExec(b, api, "dual-"+name) }},
		{"docker", func() { run([]string{"docker", "exec", "dual-" + name, "true"}) }},
		{"ours", func() { run(ours("exec", name, "--", "true")) }},
	}
	times := make([][]time.Duration, len(ways))
	for b.Loop() {
		for i, way := range ways {
			started := time.Now()
			way.do()
			times[i] = append(times[i], time.Since(started))
		}
	}
	median := make([]float64, len(ways))
	for i, way := range ways {
		slices.Sort(times[i])
		median[i] = float64(times[i][len(times[i])/2].Microseconds()) / 1000
		b.ReportMetric(median[i], way.name+"-ms")
	}
	b.ReportMetric(median[2]/median[0], "ours/raw")
	b.ReportMetric(median[2]/median[1], "ours/docker")
}

// rawExec is the least that an exec with output and exit code takes.
func rawExec(b *testing.B, api *http.Client, container string) {
	b.Helper()
	call := func(method, path, body string, into any) {
		req, err := http.NewRequestWithContext(b.Context(), method, "http://engine"+path, bytes.NewBufferString(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := api.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		if into == nil {
			_, err = io.Copy(io.Discard, resp.Body)
		} else {
			err = json.NewDecoder(resp.Body).Decode(into)
		}
		if err != nil || resp.StatusCode >= 300 {
			b.Fatalf("%s %s: %s, %v", method, path, resp.Status, err)
		}
	}
	var created struct {
		ID string `json:"Id"`
	}
	var ended struct{ ExitCode int }
	call(http.MethodPost, "/containers/"+container+"/exec", `{"AttachStdout":true,"AttachStderr":true,"Cmd":["true"]}`, &created)
	call(http.MethodPost, "/exec/"+created.ID+"/start", `{}`, nil)
	call(http.MethodGet, "/exec/"+created.ID+"/json", "", &ended)
	if ended.ExitCode != 0 {
		b.Fatalf("exit code %d", ended.ExitCode)
	}
}
