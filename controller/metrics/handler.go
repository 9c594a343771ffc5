package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dual-dev/dual-reconciler/internal/health"
)

// scrapeLimit bounds what scrapes can cost: this many at a time, each for this long.
const (
	scrapesAtOnce = 4
	scrapeLimit   = 10 * time.Second
)

// Show makes the controller's state part of the series, and answers for both: /metrics, /healthz and /readyz. It must be
// called once.
func (m *Metrics) Show(s State) http.Handler {
	m.registry.MustRegister(state{s})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: scrapesAtOnce, Timeout: scrapeLimit, Registry: m.registry,
	}))
	mux.Handle("GET /healthz", health.Handler(s.Healthy))
	mux.Handle("GET /readyz", health.Handler(s.Ready))
	return mux
}
