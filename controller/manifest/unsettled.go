package manifest

import (
	"context"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Unsettled is a file whose content is not accepted yet. It will be accepted or refused soon.
type Unsettled struct {
	File string `json:"file"`
	// Why the content is not accepted.
	Why string `json:"why"`
}

func (u Unsettled) String() string {
	return printable.Line(fmt.Sprintf("waiting for %s to be written: %s", u.File, u.Why))
}

// unsettled returns the manifests and env files that wait for the settle time. It omits a file that a process has open
// for longer than that, because that can last for hours.
func (l *Loader) unsettled(now time.Time) []Unsettled {
	var list []Unsettled
	add := func(name string, b *blob) {
		if b.unsettled != "" && now.Sub(b.since) < l.settle {
			list = append(list, Unsettled{File: name, Why: b.unsettled})
		}
	}
	for _, f := range l.tree.order {
		add(f.path, &f.blob)
	}
	for _, ws := range l.merger.workspaces {
		for _, from := range ws.Spec.EnvFrom {
			if e := l.resolver.envs[from.File]; e != nil {
				add(e.path, &e.blob)
			}
		}
	}
	return list
}

// doubted returns all manifests whose content is not accepted.
func (l *Loader) doubted() []Unsettled {
	var list []Unsettled
	for _, f := range l.tree.order {
		if f.unsettled != "" {
			list = append(list, Unsettled{File: f.rel, Why: f.unsettled})
		}
	}
	return list
}

// settlePatience limits how many settle times LoadSettled waits: a file that changes continuously never settles.
const settlePatience = 2

// LoadSettled reads until every file is accepted or refused, for a caller that answers once. It calls waiting
// repeatedly with the files that it waits for. If ctx ends it returns the last snapshot.
func (l *Loader) LoadSettled(ctx context.Context, waiting func(Unsettled)) *Snapshot {
	began := l.clock.Now()
	for {
		s := l.Load()
		if len(s.Unsettled) == 0 || l.clock.Since(began) >= settlePatience*l.settle {
			return s
		}
		for _, u := range s.Unsettled {
			waiting(u)
		}
		timer := time.NewTimer(max(min(s.RetryAfter, busyPoll), time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return s
		case <-timer.C:
		}
	}
}
