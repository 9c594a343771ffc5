package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// workspaces is the environment of a controller in this process.
type workspaces struct {
	Options
	loop   *controller.Controller
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
	// made is how many manifests there are.
	made int
}

// uncancelable finishes Create and Start even if their context ends. Otherwise the engine may finish such a call later, after
// the teardown has listed the containers.
type uncancelable struct{ engine.Engine }

const uncancelableTimeout = time.Minute

func (u uncancelable) Create(ctx context.Context, spec engine.ContainerSpec) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uncancelableTimeout)
	defer cancel()
	return u.Engine.Create(ctx, spec)
}

func (u uncancelable) Start(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uncancelableTimeout)
	defer cancel()
	return u.Engine.Start(ctx, id)
}

// startController runs a controller until TearDown, even if the context of a test ends.
func startController(o Options) *workspaces {
	o.Loop.Engine = uncancelable{o.Loop.Engine}
	ctx, cancel := context.WithCancel(context.Background())
	w := &workspaces{Options: o, loop: controller.New(o.Loop), cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		w.err = w.loop.Run(ctx)
	}()
	return w
}

func (w *workspaces) Converge(ctx context.Context, n int) error {
	for ; w.made < n; w.made++ {
		if err := w.write(w.made + 1); err != nil {
			return err
		}
	}
	since := time.Now()
	w.loop.Rescan()
	err := w.loopError(w.loop.WaitSettled(ctx, since))
	if err == nil && len(w.loop.Problems()) > 0 {
		err = errors.New(strings.Join(w.loop.Problems(), "; "))
	}
	return err
}

// loopError adds to the error of a wait why the controller ended.
func (w *workspaces) loopError(err error) error {
	if errors.Is(err, controller.ErrEnded) {
		<-w.ended
		return fmt.Errorf("%w: %w", err, w.err)
	}
	return err
}

func (w *workspaces) State(ctx context.Context, i int) (State, error) {
	s := State{Text: "absent"}
	for _, ws := range w.loop.Workspaces() {
		if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); ws.Name == w.name(i) && c != nil {
			s.Ready, s.Reason, s.Message = c.Status == "True", c.Reason, c.Message
		}
	}
	c, err := w.Loop.Engine.Inspect(ctx, w.container(i))
	if errors.Is(err, engine.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.ID, s.Text, s.Running = c.ID, string(c.State), c.State == engine.StateRunning
	s.StartedAt = c.Details.StartedAt
	if a, err := netip.ParseAddr(c.Networks[network]); err == nil {
		s.Address = a
	}
	return s, nil
}

// execTimeout is how long one try of a command may take, before the next try.
const execTimeout = 30 * time.Second

func (w *workspaces) Exec(ctx context.Context, i int, command []string) (Output, error) {
	ctx, cancel := context.WithTimeout(ctx, execTimeout)
	defer cancel()
	c, err := w.Find(ctx, w.name(i))
	if err != nil {
		return Output{}, err
	}
	var stdout, stderr bytes.Buffer
	p, err := w.Shell.Exec(ctx, c.ID, engine.ExecOptions{Command: command}, engine.Streams{Out: &stdout, Err: &stderr})
	if err != nil {
		return Output{}, err
	}
	result, err := p.Wait(ctx)
	if err != nil {
		return Output{}, err
	}
	return Output{stdout.String(), stderr.String() + result.Failure, result.ExitCode}, nil
}

func (w *workspaces) Restart(ctx context.Context, i int) error {
	before, err := w.State(ctx, i)
	if err != nil {
		return err
	}
	if err := w.loop.RequestRestart(w.name(i), "verify"); err != nil {
		return err
	}
	if err := w.loopError(w.loop.WaitReady(ctx, w.name(i))); err != nil {
		return err
	}
	now, err := w.State(ctx, i)
	if err == nil && (!now.Running || now.StartedAt.Equal(before.StartedAt)) {
		err = fmt.Errorf("%s was not restarted: it is %s since %s", w.name(i), now.Text, now.StartedAt)
	}
	return err
}

// logLines is how much of a log is needed to see why a server does not run.
const logLines = 5

func (w *workspaces) Log(ctx context.Context, i int) (string, error) {
	var b strings.Builder
	err := w.Shell.Logs(ctx, w.container(i), engine.LogOptions{Tail: logLines}, func(e engine.LogEntry) error {
		b.Write(e.Text)
		return nil
	})
	return b.String(), err
}

func (w *workspaces) Published(ctx context.Context, i int) ([]string, error) {
	ports, err := w.Measurer.Published(ctx, w.container(i))
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil // Other checks report its absence.
	}
	return ports, err
}

func (w *workspaces) Memory(ctx context.Context, i int) (int64, error) {
	return w.Measurer.Memory(ctx, w.container(i))
}

func (w *workspaces) Subnets(ctx context.Context) ([]netip.Prefix, error) {
	return w.Measurer.Subnets(ctx, network)
}
