package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// State is what is read at each scrape; a controller.Controller has it.
type State interface {
	// Workspaces by name; shared, so nobody writes into them.
	Workspaces() []*v1alpha1.Workspace
	// LastRead is when the manifests were last read; false where they never were.
	LastRead() (time.Time, bool)
	// ProblemCounts and HeldRemovals are by reason.
	ProblemCounts() map[string]int
	HeldRemovals() map[string]int
	// EngineUp, Healthy and Ready say what is wrong; nil where nothing is.
	EngineUp() error
	Healthy() error
	Ready() error
}

// state collects the gauges from what is, so that none can go stale.
type state struct{ State }

var (
	workspacesDesc = describe("workspaces", "Workspaces by their condition Ready and its reason.", "ready", "reason")
	lastReadDesc   = describe("manifests_last_read_timestamp_seconds", "When the manifests were last read, in seconds since 1970; absent before the first time.")
	problemsDesc   = describe("manifests_problems", "Faults in the manifests as they are now, by reason.", "reason")
	heldDesc       = describe("held_removals", "Workspaces that would be removed but for a hold, by the hold's reason; one that is held for two reasons counts for both.", "reason")
	engineUpDesc   = describe("engine_up", "1 while the engine is connected and answers, else 0.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{workspacesDesc, lastReadDesc, problemsDesc, heldDesc, engineUpDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s state) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for at, n := range s.byReason() {
		gauge(workspacesDesc, float64(n), at.ready, at.reason)
	}
	if at, ok := s.LastRead(); ok {
		gauge(lastReadDesc, float64(at.UnixMilli())/1e3)
	}
	for reason, n := range s.ProblemCounts() {
		gauge(problemsDesc, float64(n), reason)
	}
	for reason, n := range s.HeldRemovals() {
		gauge(heldDesc, float64(n), reason)
	}
	up := 1.0
	if s.EngineUp() != nil {
		up = 0
	}
	gauge(engineUpDesc, up)
}

type readiness struct{ ready, reason string }

func (s state) byReason() map[readiness]int {
	// An instance without a workspace shows so, rather than nothing.
	counts := map[readiness]int{{"True", v1alpha1.ReasonRunning}: 0}
	for _, ws := range s.Workspaces() {
		if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
			counts[readiness{string(c.Status), c.Reason}]++
		}
	}
	return counts
}
