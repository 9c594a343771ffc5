package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/count"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// The times of a notifier.
const (
	statusEvery = time.Second
	// hurryEvery is how often it is looked while somebody waits for READY=1: systemctl start and reload block on it.
	hurryEvery = 100 * time.Millisecond
	// pingsInTime is how many pings fit into WatchdogSec: one may be late.
	pingsInTime = 3
)

// supervised is what a service manager is told about.
type supervised interface {
	Workspaces() []*v1alpha1.Workspace
	Problems() []string
	Rescan()
	Started() bool
	ReadSince(since time.Time) bool
	Ready() error
	Healthy() error
}

// notifier reads everything anew on SIGHUP, and tells systemd how the controller does, where systemd asked: sd_notify(3).
type notifier struct {
	c supervised
	// ready is set once READY=1 was sent, reloading is when a reload began that is not over.
	ready     bool
	reloading time.Time
	// watchdog is how often a ping is due, 0 for never.
	watchdog time.Duration
	pinged   time.Time
	// said is the last status; stuck says that the controller's fault was logged, mute that sending fails.
	said        string
	stuck, mute bool
}

func newNotifier(c supervised) *notifier {
	n := &notifier{c: c}
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		slog.Warn("watchdog of systemd", "error", err)
	}
	n.watchdog = limit / pingsInTime
	return n
}

// run works until ctx ends.
func (n *notifier) run(ctx context.Context, hup <-chan os.Signal) {
	var ticks <-chan time.Time
	tick := time.NewTicker(hurryEvery)
	defer tick.Stop()
	if os.Getenv("NOTIFY_SOCKET") != "" {
		ticks = tick.C
	}
	for {
		select {
		case <-ctx.Done():
			n.send(daemon.SdNotifyStopping, "STATUS=ending; the workspaces are left as they are")
			return
		case <-hup:
			slog.Info("reading everything anew", "cause", "SIGHUP")
			n.reloading = time.Now()
			n.send(daemon.SdNotifyReloading, monotonic())
			n.c.Rescan()
		case <-ticks:
			n.look()
		}
		if n.ready && n.reloading.IsZero() {
			tick.Reset(n.interval())
		} else {
			tick.Reset(hurryEvery)
		}
	}
}

// interval between looks while nobody waits.
func (n *notifier) interval() time.Duration {
	if n.watchdog > 0 {
		return min(statusEvery, n.watchdog)
	}
	return statusEvery
}

// look sends what is news. An engine that is away does not keep the service from being ready: it waits for the engine, and
// says so, for as long as it takes.
func (n *notifier) look() {
	var lines []string
	if !n.ready && n.c.Started() {
		n.ready = true
		lines = append(lines, daemon.SdNotifyReady)
	}
	if !n.reloading.IsZero() && n.c.ReadSince(n.reloading) {
		n.reloading = time.Time{}
		lines = append(lines, daemon.SdNotifyReady)
	}
	fault := n.c.Healthy()
	if fault != nil && !n.stuck {
		slog.Error("the controller is stuck", "error", fault)
	}
	n.stuck = fault != nil
	if now := time.Now(); n.watchdog > 0 && fault == nil && now.Sub(n.pinged) >= n.watchdog {
		n.pinged = now
		lines = append(lines, daemon.SdNotifyWatchdog)
	}
	if text := n.status(fault); text != n.said {
		n.said = text
		lines = append(lines, "STATUS="+text)
	}
	n.send(lines...)
}

// status is the line that systemctl status shows.
func (n *notifier) status(fault error) string {
	all := n.c.Workspaces()
	ready := 0
	for _, ws := range all {
		if meta.IsStatusConditionPresentAndEqual(ws.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue) {
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

// monotonic dates the beginning of a reload, as Type=notify-reload wants it.
func monotonic() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return ""
	}
	return fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/int64(time.Microsecond))
}

func (n *notifier) send(lines ...string) {
	if len(lines) == 0 {
		return
	}
	_, err := daemon.SdNotify(false, strings.Join(lines, "\n"))
	if err != nil && !n.mute {
		slog.Warn("notify systemd", "error", err)
	}
	n.mute = err != nil
}
