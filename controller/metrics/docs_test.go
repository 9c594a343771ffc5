package metrics_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/yaml"
)

// live is a scrape of a controller that has done something, so that every family has a series.
func live(t *testing.T, check func(*rig, scrape)) {
	t.Helper()
	bubble(t, func(r *rig) {
		r.start()
		r.set(workspace("a", "busybox:latest"))
		check(r, r.scrape())
	})
}

// families are the names of the scraped metrics with our prefix.
func (s scrape) families() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.types)), func(name string) bool {
		return !strings.HasPrefix(name, "dual_reconciler_")
	})
}

var label = regexp.MustCompile(`([a-z_]+)="[^"]*"`)

// labels are the names of the labels of a family, sorted.
func (s scrape) labels(family string) []string {
	seen := map[string]bool{}
	for series := range s.values {
		name, rest, _ := strings.Cut(series, "{")
		if s.family(name) != family {
			continue
		}
		for _, m := range label.FindAllStringSubmatch(rest, -1) {
			if m[1] != "le" {
				seen[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// family is the name of the metric that a series belongs to; empty where there is none.
func (s scrape) family(series string) string {
	if _, is := s.types[series]; is {
		return series
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if name, cut := strings.CutSuffix(series, suffix); cut && s.types[name] == "histogram" {
			return name
		}
	}
	return ""
}

func doc(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLint(t *testing.T) {
	live(t, func(r *rig, _ scrape) {
		problems, err := testutil.GatherAndLint(r.metrics.Gatherer())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
}

var row = regexp.MustCompile("(?m)^\\| `(dual_reconciler_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|")

// TestDocumented compares the table in docs/metrics.md with a scrape, both ways.
func TestDocumented(t *testing.T) {
	live(t, func(_ *rig, s scrape) {
		rows := map[string][]string{}
		for _, m := range row.FindAllStringSubmatch(string(doc(t, "metrics.md")), -1) {
			labels := strings.Fields(strings.ReplaceAll(m[3], ",", " "))
			slices.Sort(labels)
			rows[m[1]] = append([]string{m[2]}, labels...)
		}
		for _, name := range s.families() {
			if s.help[name] == "" {
				t.Errorf("%s has no help", name)
			}
			want := append([]string{s.types[name]}, s.labels(name)...)
			if got, there := rows[name]; !there || !slices.Equal(got, want) {
				t.Errorf("docs/metrics.md says of %s %v (%v), want %v", name, got, there, want)
			}
			delete(rows, name)
		}
		for name := range rows {
			t.Errorf("docs/metrics.md documents %s, which does not exist", name)
		}
	})
}

// selector is a name of ours with what it selects.
var selector = regexp.MustCompile(`((?:dual_reconciler|process|go)_[a-z_]+)(?:\{([^}]*)\})?`)

var matcher = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)

// checkExpr fails the test unless all series and labels of an expression exist.
func (s scrape) checkExpr(where, expr string) {
	s.Helper()
	found := selector.FindAllStringSubmatch(expr, -1)
	if len(found) == 0 && !strings.HasPrefix(expr, "up{") {
		s.Errorf("%s: no series of ours in %s", where, expr)
	}
	for _, m := range found {
		family := s.family(m[1])
		if family == "" {
			s.Errorf("%s: no series %s", where, m[1])
			continue
		}
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "job" && l[1] != "instance" && !slices.Contains(s.labels(family), l[1]) {
				s.Errorf("%s: %s has no label %s", where, m[1], l[1])
			}
		}
		for _, r := range regexp.MustCompile(`(?:rate|increase)\(`+m[1]).FindAllString(expr, -1) {
			if s.types[family] == "gauge" {
				s.Errorf("%s: %s) of a gauge", where, r)
			}
		}
	}
}

func TestAlerts(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalStrict(doc(t, "alerts.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	text := string(doc(t, "metrics.md"))
	live(t, func(_ *rig, s scrape) {
		seen := map[string]bool{}
		for _, rule := range file.Groups[0].Rules {
			if rule.Alert == "" || seen[rule.Alert] {
				t.Errorf("alert %q has no name, or another's", rule.Alert)
			}
			seen[rule.Alert] = true
			s.checkExpr(rule.Alert, rule.Expr)
			if rule.For != "" {
				if _, err := time.ParseDuration(rule.For); err != nil {
					t.Errorf("%s: %v", rule.Alert, err)
				}
			}
			if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s wants a severity, a summary and a description", rule.Alert)
			}
			if !strings.Contains(text, "| `"+rule.Alert+"` |") {
				t.Errorf("docs/metrics.md does not say what to do about %s", rule.Alert)
			}
		}
		if len(seen) < 7 {
			t.Errorf("only %d alerts", len(seen))
		}
	})
}

func TestDashboard(t *testing.T) {
	var board struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
	}
	if err := json.Unmarshal(doc(t, "grafana-dashboard.json"), &board); err != nil {
		t.Fatal(err)
	}
	live(t, func(_ *rig, s scrape) {
		if board.Title == "" || board.UID == "" || len(board.Panels) == 0 {
			t.Fatal("the dashboard has no title, uid or panels")
		}
		taken := map[[2]int]string{}
		ids := map[int]bool{}
		for _, p := range board.Panels {
			if len(p.Targets) == 0 || ids[p.ID] {
				t.Errorf("panel %s shows nothing, or has another's id", p.Title)
			}
			ids[p.ID] = true
			for _, target := range p.Targets {
				s.checkExpr(p.Title, target.Expr)
			}
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" || x > 23 {
						t.Fatalf("panel %s lies on %q or off the board", p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
		for _, v := range board.Templating.List {
			if v.Type == "query" {
				s.checkExpr("variable "+v.Name, v.Definition)
			}
		}
	})
}
