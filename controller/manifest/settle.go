package manifest

import (
	"context"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Unsettled is a file that is not believed yet, and soon will be, one way or the other.
type Unsettled struct {
	File string `json:"file"`
	// Why it is not believed.
	Why string `json:"why"`
}

func (u Unsettled) String() string {
	return printable.Line(fmt.Sprintf("waiting for %s to be written: %s", u.File, u.Why))
}

// unsettled are the files of manifests and of variables that wait for the settle time. One that somebody keeps open for
// longer is not among them: it may stay so for hours.
func (l *Loader) unsettled(now time.Time) []Unsettled {
	var list []Unsettled
	add := func(name string, b *blob) {
		if b.unsettled != "" && now.Sub(b.since) < l.settle {
			list = append(list, Unsettled{File: name, Why: b.unsettled})
		}
	}
	for _, f := range l.order {
		add(f.path, &f.blob)
	}
	for _, ws := range l.merged.workspaces {
		for _, from := range ws.Spec.EnvFrom {
			if e := l.envs[from.File]; e != nil {
				add(e.path, &e.blob)
			}
		}
	}
	return list
}

// doubted are the files that are not believed, however long that has been so.
func (l *Loader) doubted() []Unsettled {
	var list []Unsettled
	for _, f := range l.order {
		if f.unsettled != "" {
			list = append(list, Unsettled{File: f.rel, Why: f.unsettled})
		}
	}
	return list
}

// settlePatience is how many settle times LoadSettled waits at most: a file that changes all the time never settles.
const settlePatience = 2

// LoadSettled reads until every file is believed or has been refused, for a caller that answers once. waiting is called with
// what is waited for, again and again. The snapshot of a context that ended is the last one.
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
