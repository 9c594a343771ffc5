package metrics

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
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
	mux.HandleFunc("GET /healthz", check(s.Healthy))
	mux.HandleFunc("GET /readyz", check(s.Ready))
	return mux
}

// check answers 200 ok, or 503 and what is wrong.
func check(wrong func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := wrong(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}
