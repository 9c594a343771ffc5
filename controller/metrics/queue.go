package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/workqueue"
)

// queue measures the one queue of the controller; the names that the provider is given are all the same.
type queue struct {
	depth      prometheus.Gauge
	adds       prometheus.Counter
	retries    prometheus.Counter
	latency    prometheus.Histogram
	unfinished prometheus.Gauge
	longest    prometheus.Gauge
}

func newQueue() *queue {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	return &queue{
		depth:   gauge("queue_depth", "Workspaces that wait in the queue; the next one, which waits for a free worker, is not in it any more."),
		adds:    counter("queue_adds_total", "Workspaces put into the queue."),
		retries: counter("queue_delayed_adds_total", "Workspaces put into the queue for later: retries, backoffs and due removals."),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "queue_latency_seconds", Buckets: passBuckets,
			Help: "How long a workspace waited in the queue until it was its turn.",
		}),
		unfinished: gauge("queue_unfinished_work_seconds", "The ages of all passes under way, added up."),
		longest:    gauge("queue_longest_running_seconds", "The age of the oldest pass under way."),
	}
}

func (q *queue) collectors() []prometheus.Collector {
	return []prometheus.Collector{q.depth, q.adds, q.retries, q.latency, q.unfinished, q.longest}
}

func (q *queue) NewDepthMetric(string) workqueue.GaugeMetric       { return q.depth }
func (q *queue) NewAddsMetric(string) workqueue.CounterMetric      { return q.adds }
func (q *queue) NewRetriesMetric(string) workqueue.CounterMetric   { return q.retries }
func (q *queue) NewLatencyMetric(string) workqueue.HistogramMetric { return q.latency }

// NewWorkDurationMetric measures nothing: reconcile_duration_seconds is the same.
func (q *queue) NewWorkDurationMetric(string) workqueue.HistogramMetric { return discard{} }

func (q *queue) NewUnfinishedWorkSecondsMetric(string) workqueue.SettableGaugeMetric {
	return q.unfinished
}

func (q *queue) NewLongestRunningProcessorSecondsMetric(string) workqueue.SettableGaugeMetric {
	return q.longest
}

type discard struct{}

func (discard) Observe(float64) {}
