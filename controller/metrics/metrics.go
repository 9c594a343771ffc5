// Package metrics counts what the controller does, and shows it to Prometheus. The controller does not know of it.
package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"k8s.io/client-go/util/workqueue"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

var _ controller.Metrics = (*Metrics)(nil)

const namespace = "dual_reconciler"

// The buckets reach from a look at memory to a slow pull.
var (
	passBuckets = []float64{.001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	callBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30, 60, 300}
)

// Metrics are the series of one controller, in a registry of their own. Names of workspaces are no labels: there is no
// bound on them.
type Metrics struct {
	registry *prometheus.Registry

	reconciles        *prometheus.CounterVec
	reconcileDuration prometheus.Histogram
	actions           *prometheus.CounterVec
	restarts          *prometheus.CounterVec
	calls             *prometheus.CounterVec
	callDuration      *prometheus.HistogramVec
	streamConnects    prometheus.Counter
	streamBreaks      prometheus.Counter
	queue             *queue
}

// New makes the series of a program of this version. Options.Metrics takes them, and Show the controller made of it.
func New(version string) *Metrics {
	m := &Metrics{
		registry:   prometheus.NewPedanticRegistry(),
		reconciles: counters("reconciles_total", "Passes over one workspace that ended, by result.", "result"),
		reconcileDuration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "reconcile_duration_seconds", Buckets: passBuckets,
			Help: "How long a pass over one workspace took, with all that it did: a pull, a setup and a grace period are in it.",
		}),
		actions:  counters("actions_total", "Actions of plans that ended, by kind and result.", "kind", "result"),
		restarts: counters("restarts_total", "Restarts of containers that succeeded, by cause: exit, probe, request or source.", "cause"),
		calls:    counters("engine_calls_total", "Calls to the engine that ended, by operation and result.", "operation", "result"),
		callDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "engine_call_duration_seconds", Buckets: callBuckets,
			Help: "How long a call to the engine took, by operation and result. Of events it is the subscription.",
		}, []string{"operation", "result"}),
		streamConnects: counter("event_stream_connects_total", "Subscriptions to the engine's events; each after the first is a reconnect."),
		streamBreaks:   counter("event_stream_breaks_total", "Subscriptions to the engine's events that broke."),
		queue:          newQueue(),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH},
	})
	build.Set(1)
	m.registry.MustRegister(m.reconciles, m.reconcileDuration, m.actions, m.restarts, m.calls, m.callDuration,
		m.streamConnects, m.streamBreaks, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.queue.collectors()...)
	m.begin()
	return m
}

// begin makes the series that alerts look at exist before the first event: from absent to 1 is no increase.
func (m *Metrics) begin() {
	for _, r := range controller.Results() {
		m.reconciles.WithLabelValues(string(r))
	}
	for _, cause := range controller.RestartCauses() {
		m.restarts.WithLabelValues(string(cause))
	}
	for _, kind := range plan.Kinds() {
		m.actions.WithLabelValues(string(kind), string(controller.ResultDone))
		m.actions.WithLabelValues(string(kind), string(controller.ResultFailed))
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Queue implements controller.Metrics.
func (m *Metrics) Queue() workqueue.MetricsProvider { return m.queue }

// Reconciled implements controller.Metrics.
func (m *Metrics) Reconciled(r controller.Result, d time.Duration) {
	m.reconciles.WithLabelValues(string(r)).Inc()
	m.reconcileDuration.Observe(d.Seconds())
}

// Acted implements controller.Metrics.
func (m *Metrics) Acted(kind plan.Kind, r controller.Result) {
	m.actions.WithLabelValues(string(kind), string(r)).Inc()
}

// Restarted implements controller.Metrics.
func (m *Metrics) Restarted(cause controller.RestartCause) {
	m.restarts.WithLabelValues(string(cause)).Inc()
}

// StreamConnected implements controller.Metrics.
func (m *Metrics) StreamConnected() { m.streamConnects.Inc() }

// StreamBroken implements controller.Metrics.
func (m *Metrics) StreamBroken() { m.streamBreaks.Inc() }
