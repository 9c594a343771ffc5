// Package systemd reports the controller's health to the service manager (sd_notify(3)) and reloads on SIGHUP.
package systemd

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/count"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

const (
	// statusEvery is the interval of reports.
	statusEvery = time.Second
	// pingsInTime is how many pings fit into WatchdogSec, so that one of them may be late.
	pingsInTime = 3
)

// Controller is what is reported about.
type Controller interface {
	Workspaces() []*v1alpha1.Workspace
	Problems() []string
	Rescan()
	WaitStarted(ctx context.Context) error
	WaitRead(ctx context.Context, since time.Time) error
	Ready() error
	Healthy() error
}

// Notifier reports to systemd if that asked for it, and has the manifests read again on SIGHUP.
type Notifier struct {
	c Controller
	// watchdog is the interval of pings, or 0 for none.
	watchdog time.Duration
	pinged   time.Time
	// status is the last one sent. stuck is set while the controller is unhealthy, unsent while sending fails: each is
	// logged once.
	status        string
	stuck, unsent bool
}

// New reads from the environment what systemd asks for.
func New(c Controller) *Notifier {
	n := &Notifier{c: c}
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		slog.Warn("watchdog of systemd", "error", err)
	}
	n.watchdog = limit / pingsInTime
	return n
}

// Run works until ctx ends.
func (n *Notifier) Run(ctx context.Context, hup <-chan os.Signal) {
	var waits sync.WaitGroup
	defer waits.Wait()
	// after returns a channel that is closed when a wait is over without an error.
	after := func(wait func(context.Context) error) <-chan struct{} {
		over := make(chan struct{})
		waits.Go(func() {
			if wait(ctx) == nil {
				close(over)
			}
		})
		return over
	}
	var ticks <-chan time.Time
	if os.Getenv("NOTIFY_SOCKET") != "" {
		tick := time.NewTicker(n.interval())
		defer tick.Stop()
		ticks = tick.C
		n.report()
	}
	started, reloaded := after(n.c.WaitStarted), (<-chan struct{})(nil)
	for {
		select {
		case <-ctx.Done():
			n.send(daemon.SdNotifyStopping, "STATUS=ending; the workspaces are left as they are")
			return
		case <-hup:
			slog.Info("reading everything again", "cause", "SIGHUP")
			began := time.Now()
			n.send(daemon.SdNotifyReloading, monotonic())
			n.c.Rescan()
			reloaded = after(func(ctx context.Context) error { return n.c.WaitRead(ctx, began) })
		// The service is ready also while the engine is unreachable: the controller waits for the engine as long as it
		// takes, and the status shows it.
		case <-started:
			started = nil
			n.report(daemon.SdNotifyReady)
		case <-reloaded:
			reloaded = nil
			n.report(daemon.SdNotifyReady)
		case <-ticks:
			n.report()
		}
	}
}

func (n *Notifier) interval() time.Duration {
	if n.watchdog > 0 {
		return min(statusEvery, n.watchdog)
	}
	return statusEvery
}

// report sends the lines, and what has changed since the last report.
func (n *Notifier) report(lines ...string) {
	fault := n.c.Healthy()
	if fault != nil && !n.stuck {
		slog.Error("the controller is stuck", "error", fault)
	}
	n.stuck = fault != nil
	if now := time.Now(); n.watchdog > 0 && fault == nil && now.Sub(n.pinged) >= n.watchdog {
		n.pinged = now
		lines = append(lines, daemon.SdNotifyWatchdog)
	}
	if text := n.statusText(fault); text != n.status {
		n.status = text
		lines = append(lines, "STATUS="+text)
	}
	n.send(lines...)
}

// statusText is the line that systemctl status shows.
func (n *Notifier) statusText(fault error) string {
	all := n.c.Workspaces()
	ready := 0
	for _, ws := range all {
		if meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady) {
			ready++
		}
	}
	parts := []string{fmt.Sprintf("%s, %d ready", count.Of(len(all), "workspace"), ready)}
	if problems := len(n.c.Problems()); problems > 0 {
		parts = append(parts, fmt.Sprintf("problems in the manifests: %d", problems))
	}
	if fault == nil {
		fault = n.c.Ready()
	}
	if fault != nil {
		parts = append(parts, fault.Error())
	}
	return printable.Line(strings.ReplaceAll(strings.Join(parts, "; "), "\n", "; "))
}

// monotonic dates the beginning of a reload, as Type=notify-reload requires.
func monotonic() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return ""
	}
	return fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/int64(time.Microsecond))
}

func (n *Notifier) send(lines ...string) {
	if len(lines) == 0 {
		return
	}
	_, err := daemon.SdNotify(false, strings.Join(lines, "\n"))
	if err != nil && !n.unsent {
		slog.Warn("notify systemd", "error", err)
	}
	n.unsent = err != nil
}
