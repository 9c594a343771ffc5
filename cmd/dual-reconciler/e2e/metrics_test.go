package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var metricsAddress = regexp.MustCompile(`msg="metrics are served" address=(http://127\.0\.0\.1:[0-9]+)/metrics`)

// metricsAt is where the controller says that it serves metrics.
func (l *loop) metricsAt() string {
	l.b.Helper()
	l.WaitLog("metrics are served")
	m := metricsAddress.FindStringSubmatch(l.Log())
	if m == nil {
		l.b.Fatalf("no address of the metrics in the log:\n%s", l.Log())
	}
	return m[1]
}

// fetch returns the status and the body of a page.
func (b *bench) fetch(url string) (int, string) {
	b.Helper()
	return b.fetchBy(http.DefaultClient, url)
}

func (b *bench) fetchBy(client *http.Client, url string) (int, string) {
	b.Helper()
	res, err := client.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// series are the values of a scrape by the text of the series, without the prefix of all names.
func (b *bench) series(at string) map[string]float64 {
	b.Helper()
	code, text := b.fetch(at + "/metrics")
	if code != http.StatusOK {
		b.Fatalf("/metrics = %d %s", code, text)
	}
	if strings.Contains(text, b.Prefix) {
		b.Fatalf("a workspace's name is in the scrape:\n%s", text)
	}
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if !strings.Contains(name, "{") {
			name, value, _ = strings.Cut(name, " ")
		} else {
			name += "}"
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[strings.TrimPrefix(name, "dual_reconciler_")] = v
		}
	}
	return values
}

// Counts waits until a scrape has these values, and returns it.
func (b *bench) Counts(at, what string, want map[string]float64) map[string]float64 {
	b.Helper()
	var now map[string]float64
	b.Eventually("metrics "+what, func() string {
		now = b.series(at)
		for name, v := range want {
			if got, there := now[name]; !there || got != v {
				return fmt.Sprintf("%s = %v (%v), want %v", name, got, there, v)
			}
		}
		return ""
	})
	return now
}

func TestMetrics(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	began := time.Now()
	loop := b.Run(append(quick, "--metrics-addr", "localhost:0")...)
	at := loop.metricsAt()
	first := b.Counts(at, "after a creation", map[string]float64{
		`actions_total{kind="create",result="done"}`:         1,
		`workspaces{ready="True",reason="Running"}`:          1,
		`engine_calls_total{operation="create",result="ok"}`: 1,
		`engine_calls_total{operation="events",result="ok"}`: 1,
		`engine_up`:                                    1,
		`event_stream_connects_total`:                  1,
		`event_stream_breaks_total`:                    0,
		`manifests_problems{reason="InvalidManifest"}`: 0,
	})
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, text := b.fetch(at + path); code != http.StatusOK || text != "ok\n" {
			t.Errorf("%s = %d %s", path, code, text)
		}
	}

	before := b.Running("a")
	b.Write("a.yaml", b.sleeper("a", `env: [{name: A, value: "1"}]`))
	b.Replaced("a", before)
	second := b.Counts(at, "after a replacement", map[string]float64{
		`actions_total{kind="recreate",result="done"}`:       1,
		`engine_calls_total{operation="create",result="ok"}`: 2,
		`engine_calls_total{operation="start",result="ok"}`:  2,
		`restarts_total{cause="exit"}`:                       0,
	})
	const read = "manifests_last_read_timestamp_seconds"
	if second[read] <= first[read] {
		t.Errorf("%s = %v after an edit, was %v", read, second[read], first[read])
	}
	if d := second[`engine_call_duration_seconds_sum{operation="start",result="ok"}`]; d <= 0 || d > 2*time.Since(began).Seconds() {
		t.Errorf("two starts took %v s", d)
	}

	b.docker("kill", b.Container("a"))
	b.Counts(at, "after a kill", map[string]float64{`restarts_total{cause="exit"}`: 1})
	b.Put("broken.yaml", "metadata: [")
	b.Counts(at, "of a broken manifest", map[string]float64{`manifests_problems{reason="InvalidManifest"}`: 1})
	b.Delete("a.yaml")
	b.Counts(at, "of a removal that waits", map[string]float64{`held_removals{reason="Unparsable"}`: 1})
	b.Delete("broken.yaml")
	b.Gone("a")
	b.Counts(at, "after the removal", map[string]float64{
		`actions_total{kind="remove",result="done"}`:   1,
		`held_removals{reason="Unparsable"}`:           0,
		`manifests_problems{reason="InvalidManifest"}`: 0,
		`workspaces{ready="True",reason="Running"}`:    0,
	})
	loop.Stop()
	if _, err := http.Get(at + "/healthz"); err == nil {
		t.Error("metrics are served after the end of the controller")
	}
}

func TestMetricsWithoutEngine(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a"))
	loop := b.Run("--metrics-addr", "127.0.0.1:0")
	at := loop.metricsAt()
	b.Counts(at, "with an engine", map[string]float64{`workspaces{ready="True",reason="Running"}`: 1})
	p.Down()
	b.Counts(at, "without an engine", map[string]float64{
		`engine_up`: 0, `event_stream_breaks_total`: 1, `workspaces{ready="False",reason="EngineUnavailable"}`: 1,
	})
	if code, text := b.fetch(at + "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "the engine is not connected") {
		t.Errorf("/readyz = %d %s", code, text)
	}
	if code, text := b.fetch(at + "/healthz"); code != http.StatusOK {
		t.Errorf("/healthz = %d %s", code, text)
	}
	p.Up()
	b.Counts(at, "with the engine back", map[string]float64{
		`engine_up`: 1, `event_stream_connects_total`: 2, `workspaces{ready="True",reason="Running"}`: 1,
	})
	if code, text := b.fetch(at + "/readyz"); code != http.StatusOK {
		t.Errorf("/readyz = %d %s", code, text)
	}
}

func TestMetricsAreOffByDefault(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	off := b.Run(quick...)
	b.Running("a")
	if ports := off.listening(); len(ports) > 0 {
		t.Errorf("without --metrics-addr the controller listens at %v", ports)
	}
	// The same look finds the port of one that does listen: it is not blind.
	other := anotherBench(t)
	on := other.Run("--metrics-addr", "localhost:0")
	at := on.metricsAt()
	ports := on.listening()
	if len(ports) != 1 || !strings.HasSuffix(at, ":"+ports[0]) {
		t.Errorf("with --metrics-addr the controller listens at %v, want only %s", ports, at)
	}
}

// listening are the TCP ports at which the process listens.
func (l *loop) listening() []string {
	l.b.Helper()
	proc := fmt.Sprintf("/proc/%d", l.cmd.Process.Pid)
	fds, err := filepath.Glob(proc + "/fd/*")
	if err != nil || len(fds) == 0 {
		l.b.Fatalf("no files of process %d: %v", l.cmd.Process.Pid, err)
	}
	ours := map[string]bool{}
	for _, fd := range fds {
		// A file that was closed meanwhile is none that listens.
		target, _ := os.Readlink(fd)
		if inode, is := strings.CutPrefix(target, "socket:["); is {
			ours[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var ports []string
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(proc, "net", table))
		if err != nil {
			continue // No IPv6 here.
		}
		const listen = "0A"
		for lines := bufio.NewScanner(f); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) < 10 || words[3] != listen || !ours[words[9]] {
				continue
			}
			_, hex, _ := strings.Cut(words[1], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err != nil {
				l.b.Fatalf("%s: %v", lines.Text(), err)
			}
			ports = append(ports, strconv.FormatUint(port, 10))
		}
		_ = f.Close()
	}
	return ports
}

func TestMetricsRefuseOtherMachines(t *testing.T) {
	b := newBench(t)
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		r := b.Do("run", "--metrics-addr", addr)
		if r.Code != 1 || !strings.Contains(r.Stderr, "--metrics-allow-remote") {
			t.Errorf("run --metrics-addr %s: %+v", addr, r)
		}
	}
	b.Run("--metrics-addr", "0.0.0.0:0", "--metrics-allow-remote").WaitLog("metrics are served")
}
