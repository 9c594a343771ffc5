package metrics_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/metrics"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// resync of the engine and of the source.
const resync = 30 * time.Second

// source delivers its snapshot at once, on a rescan and every resync, unless it hangs.
type source struct {
	mu    sync.Mutex
	now   manifest.Snapshot
	hangs bool
	wake  chan struct{}
}

func (s *source) Run(ctx context.Context, deliver func(*manifest.Snapshot)) error {
	for {
		s.mu.Lock()
		snapshot, hangs := s.now, s.hangs
		s.mu.Unlock()
		if hangs {
			<-ctx.Done()
			return ctx.Err()
		}
		snapshot.Time = time.Now()
		deliver(&snapshot)
		select {
		case <-s.wake:
		case <-time.After(resync):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *source) AllowEmpty() {}

func (s *source) Rescan() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// rig is a measured controller on an engine in memory, on fake time.
type rig struct {
	*testing.T
	engine  *enginetest.Memory
	source  *source
	through func(engine.Engine) engine.Engine
	workers int
	dir     string
	metrics *metrics.Metrics
	handler http.Handler
	*controller.Controller
	cancel context.CancelFunc
	ended  chan error
}

// bubble runs a test on fake time; the controller is started by the test.
func bubble(t *testing.T, test func(*rig)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{
			T: t, engine: enginetest.NewMemory(enginetest.Options{}), source: &source{wake: make(chan struct{}, 1)}, workers: 4,
			dir: dir, through: func(e engine.Engine) engine.Engine { return e }, ended: make(chan error, 1),
		}
		r.source.now.Workspaces = map[string]*manifest.Workspace{}
		test(r)
		r.cancel()
		if err := <-r.ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// start makes a controller and lets it run, where run says so.
func (r *rig) start() {
	r.Helper()
	r.make()
	r.run()
}

func (r *rig) make() {
	r.Helper()
	store, err := status.Open(r.dir)
	if err != nil {
		r.Fatal(err)
	}
	r.metrics = metrics.New("v1.2.3")
	r.Controller = controller.New(controller.Options{
		Instance: "test", Directory: "/manifests", Engine: engine.Observed(r.through(r.engine), r.metrics.EngineCalled), Source: r.source,
		Store: store, Log: slog.New(slog.DiscardHandler), Workers: r.workers, PruneDelay: 2 * time.Second,
		Resync: resync, Metrics: r.metrics,
	})
	r.handler = r.metrics.Show(r.Controller)
}

func (r *rig) run() {
	ctx, cancel := context.WithCancel(r.Context())
	r.cancel = cancel
	go func() { r.ended <- r.Run(ctx) }()
	synctest.Wait()
}

// Run is the controller's, not the test's.
func (r *rig) Run(ctx context.Context) error { return r.Controller.Run(ctx) }

// set changes the snapshot and has it delivered.
func (r *rig) set(change func(*manifest.Snapshot)) {
	r.source.mu.Lock()
	next := r.source.now
	next.Workspaces = map[string]*manifest.Workspace{}
	for name, w := range r.source.now.Workspaces {
		next.Workspaces[name] = w
	}
	change(&next)
	r.source.now = next
	r.source.mu.Unlock()
	r.source.Rescan()
	synctest.Wait()
}

// workspace is a manifest with this image.
func workspace(name, image string) func(*manifest.Snapshot) {
	return func(s *manifest.Snapshot) {
		s.Workspaces[name] = &manifest.Workspace{
			Name: name, File: name + ".yaml", Line: 1, Spec: v1alpha1.WorkspaceSpec{Image: image, ImagePullPolicy: v1alpha1.PullIfNotPresent},
		}
	}
}

// rest lets fake time pass: it ends when everything else waits.
func (r *rig) rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) get(path string) (int, string) {
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func (r *rig) wantGet(path string, code int, words ...string) {
	r.Helper()
	got, body := r.get(path)
	if got != code {
		r.Fatalf("%s = %d %s, want %d", path, got, body, code)
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			r.Fatalf("%s = %q, want %q in it", path, body, w)
		}
	}
}

// scrape is what Prometheus reads: the values of series by their text, and the families' types and helps.
type scrape struct {
	*testing.T
	text        string
	values      map[string]float64
	types, help map[string]string
}

func (r *rig) scrape() scrape {
	r.Helper()
	code, body := r.get("/metrics")
	if code != http.StatusOK {
		r.Fatalf("/metrics = %d %s", code, body)
	}
	s := scrape{T: r.T, text: body, values: map[string]float64{}, types: map[string]string{}, help: map[string]string{}}
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		line := lines.Text()
		if comment, is := strings.CutPrefix(line, "# "); is {
			words := strings.SplitN(comment, " ", 3)
			into := s.types
			if words[0] == "HELP" {
				into = s.help
			}
			into[words[1]] = words[2]
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			r.Fatalf("series %q: %v", line, err)
		}
		s.values[line[:i]] = v
	}
	return s
}

// want fails the test unless the series, without the prefix of all names, is there with this value.
func (s scrape) want(series string, value float64) {
	s.Helper()
	if v, there := s.values["dual_reconciler_"+series]; !there || v != value {
		s.Errorf("%s = %v (%v), want %v", series, v, there, value)
	}
}
