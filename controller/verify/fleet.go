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

// fleet are the workspaces of a controller that runs here.
type fleet struct {
	Options
	loop   *controller.Controller
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
	// made is how many manifests there are.
	made int
}

func newFleet(o Options) *fleet {
	o.Loop.Engine = steadfast{o.Loop.Engine}
	return &fleet{Options: o, ended: make(chan struct{})}
}

// steadfast carries through what brings containers about: an engine may finish a call whose caller went away, after the
// teardown looked for containers.
type steadfast struct{ engine.Engine }

const steadfastWithin = time.Minute

func (s steadfast) Create(ctx context.Context, spec engine.ContainerSpec) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), steadfastWithin)
	defer cancel()
	return s.Engine.Create(ctx, spec)
}

func (s steadfast) Start(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), steadfastWithin)
	defer cancel()
	return s.Engine.Start(ctx, id)
}

// begin starts the controller. It lives until TearDown, whatever becomes of the context of a test.
func (f *fleet) begin() {
	f.loop = controller.New(f.Loop)
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go func() {
		defer close(f.ended)
		f.err = f.loop.Run(ctx)
	}()
}

func (f *fleet) Converge(ctx context.Context, n int) error {
	for ; f.made < n; f.made++ {
		if err := f.write(f.made + 1); err != nil {
			return err
		}
	}
	since := time.Now()
	f.loop.Rescan()
	err := f.loopError(f.loop.WaitSettled(ctx, since))
	if err == nil && len(f.loop.Problems()) > 0 {
		err = errors.New(strings.Join(f.loop.Problems(), "; "))
	}
	return err
}

// loopError adds to the error of a wait why the controller ended.
func (f *fleet) loopError(err error) error {
	if errors.Is(err, controller.ErrEnded) {
		<-f.ended
		return fmt.Errorf("%w: %w", err, f.err)
	}
	return err
}

func (f *fleet) State(ctx context.Context, i int) (State, error) {
	s := State{Text: "absent"}
	for _, ws := range f.loop.Workspaces() {
		if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); ws.Name == f.name(i) && c != nil {
			s.Ready, s.Reason, s.Message = c.Status == "True", c.Reason, c.Message
		}
	}
	c, err := f.Loop.Engine.Inspect(ctx, f.container(i))
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

// execWithin is how long one try of a command may take: it is tried again then.
const execWithin = 30 * time.Second

func (f *fleet) Exec(ctx context.Context, i int, command []string) (Output, error) {
	ctx, cancel := context.WithTimeout(ctx, execWithin)
	defer cancel()
	c, err := f.Find(ctx, f.name(i))
	if err != nil {
		return Output{}, err
	}
	var stdout, stderr bytes.Buffer
	p, err := f.Shell.Exec(ctx, c.ID, engine.ExecOptions{Command: command}, engine.Streams{Out: &stdout, Err: &stderr})
	if err != nil {
		return Output{}, err
	}
	result, err := p.Wait(ctx)
	if err != nil {
		return Output{}, err
	}
	return Output{stdout.String(), stderr.String() + result.Failure, result.ExitCode}, nil
}

func (f *fleet) Restart(ctx context.Context, i int) error {
	before, err := f.State(ctx, i)
	if err != nil {
		return err
	}
	if err := f.loop.RequestRestart(f.name(i), "verify"); err != nil {
		return err
	}
	if err := f.loopError(f.loop.WaitReady(ctx, f.name(i))); err != nil {
		return err
	}
	now, err := f.State(ctx, i)
	if err == nil && (!now.Running || now.StartedAt.Equal(before.StartedAt)) {
		err = fmt.Errorf("%s was not restarted: it is %s since %s", f.name(i), now.Text, now.StartedAt)
	}
	return err
}

// logLines is as much of a log as says why a server does not run.
const logLines = 5

func (f *fleet) Log(ctx context.Context, i int) (string, error) {
	var b strings.Builder
	err := f.Shell.Logs(ctx, f.container(i), engine.LogOptions{Tail: logLines}, func(e engine.LogEntry) error {
		b.Write(e.Text)
		return nil
	})
	return b.String(), err
}

func (f *fleet) Published(ctx context.Context, i int) ([]string, error) {
	ports, err := f.Measurer.Published(ctx, f.container(i))
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil // Other checks say that it is not there.
	}
	return ports, err
}

func (f *fleet) Memory(ctx context.Context, i int) (int64, error) {
	return f.Measurer.Memory(ctx, f.container(i))
}

func (f *fleet) Subnets(ctx context.Context) ([]netip.Prefix, error) {
	return f.Measurer.Subnets(ctx, network)
}
