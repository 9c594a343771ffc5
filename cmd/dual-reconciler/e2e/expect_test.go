package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
)

// quick are the flags of a controller whose removals do not wait as long as a person would want them to.
var quick = []string{"--prune-delay", "300ms"}

// pruned is long enough for a removal that nothing holds back to have begun under quick.
const pruned = 1500 * time.Millisecond

// Get asks the program for one workspace; nil where it does not know it.
func (b *bench) Get(short string) *v1alpha1.Workspace {
	b.Helper()
	r := b.Do("get", b.Name(short), "-o", "json")
	if r.Code != 0 {
		return nil
	}
	var ws v1alpha1.Workspace
	if err := json.Unmarshal([]byte(r.Stdout), &ws); err != nil {
		b.Fatalf("get %s: %v: %s", short, err, r.Stdout)
	}
	return &ws
}

// shown waits until get shows a workspace that passes the check. A controller is asked directly until it does: a process for
// each question would keep the machine busy.
func (b *bench) shown(what, short string, check func(*v1alpha1.Workspace) string) {
	b.Helper()
	controller := server.NewClient(filepath.Join(b.State, b.Instance))
	var got time.Time
	b.Eventually(what, func() string {
		if list, err := controller.List(context.Background(), false); err == nil && time.Since(got) < 5*time.Second {
			wrong := "the controller does not know it"
			for _, ws := range list.Items {
				if ws.Name == b.Name(short) {
					wrong = check(&ws)
				}
			}
			if wrong != "" {
				return wrong
			}
		}
		got = time.Now()
		if ws := b.Get(short); ws != nil {
			return check(ws)
		}
		return "get does not know it"
	})
}

// Shows waits until get shows a workspace with this reason, and these texts in its message.
func (b *bench) Shows(short, reason string, texts ...string) *v1alpha1.Workspace {
	b.Helper()
	var ws *v1alpha1.Workspace
	b.shown(short+" shows "+reason, short, func(seen *v1alpha1.Workspace) string {
		ws = seen
		ready := ready(ws)
		if ready.Reason != reason {
			return fmt.Sprintf("it shows %s: %s", ready.Reason, ready.Message)
		}
		for _, text := range texts {
			if !strings.Contains(ready.Message, text) {
				return fmt.Sprintf("the message lacks %q: %s", text, ready.Message)
			}
		}
		return ""
	})
	return ws
}

func ready(ws *v1alpha1.Workspace) metav1.Condition {
	if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// Until waits until what docker says of a workspace's container passes the check, and returns it.
func (b *bench) Until(short, what string, check func(*inspected) string) *inspected {
	b.Helper()
	var seen *inspected
	b.Eventually(short+" "+what, func() string {
		if seen = b.Look(short); seen == nil {
			return "no container"
		}
		return check(seen)
	})
	return seen
}

// Replaced waits until another container than before runs under the workspace's name, alone, and returns it.
func (b *bench) Replaced(short string, before *inspected) *inspected {
	b.Helper()
	return b.Until(short, "is replaced", func(now *inspected) string {
		all := b.containers("label=dual.dev/workspace=" + b.Name(short))
		switch {
		case now.ID == before.ID:
			return "the container is the one of before"
		case !now.State.Running:
			return "it is " + now.State.Status
		case len(all) != 1:
			return fmt.Sprintf("there are %v", all)
		}
		return ""
	})
}

// Same fails unless the container of a workspace is the one of before, and was not started again.
func (b *bench) Same(short string, before *inspected) {
	b.Helper()
	if wrong := b.unchanged(short, before); wrong != "" {
		b.Fatalf("%s: %s", short, wrong)
	}
}

// Stays fails as soon as one of the containers is not what it was, for as long as a removal would need to begin.
func (b *bench) Stays(what string, before map[string]*inspected) {
	b.Helper()
	b.Always(what, pruned, func() string {
		for short, container := range before {
			if wrong := b.unchanged(short, container); wrong != "" {
				return short + ": " + wrong
			}
		}
		return ""
	})
}

// Put writes a file as it stands, in place: what careless editors and half-done writes leave.
func (b *bench) Put(file, content string) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.Dir, file), []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}

// Move renames below the bench's root.
func (b *bench) Move(from, to string) {
	b.Helper()
	if err := os.Rename(filepath.Join(b.Root, from), filepath.Join(b.Root, to)); err != nil {
		b.Fatal(err)
	}
}

// Did counts how often the controller has begun an action for a workspace.
func (l *loop) Did(action, short string) int {
	n := 0
	for line := range strings.Lines(l.Log()) {
		if strings.Contains(line, " msg="+action+" ") && strings.Contains(line, " workspace="+l.b.Name(short)+" ") {
			n++
		}
	}
	return n
}

// Expect fails unless the controller has begun an action for a workspace exactly so many times.
func (l *loop) Expect(times int, action, short string) {
	l.b.Helper()
	if n := l.Did(action, short); n != times {
		l.b.Fatalf("%s %s: %d times, want %d", action, short, n, times)
	}
}

// Waits fails if a workspace was replaced more often since then, and within the next two seconds, than delays allow that begin
// with the first and double: a slow machine makes them longer, and never shorter.
func (l *loop) Waits(short string, since time.Time, first time.Duration) {
	l.b.Helper()
	l.b.Always("the next try waits", 2*time.Second, func() string {
		tries := l.Did("recreate", short)
		if took, least := time.Since(since), first<<max(tries-1, 0)-first; took < least {
			return fmt.Sprintf("%d tries within %s, want %s or more", tries, took, least)
		}
		return ""
	})
}

// Lists waits until the program has listed the instance's containers so many times from now on. It forgets no calls.
func (p *proxy) Lists(times int) {
	p.b.Helper()
	count := func() (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, call := range p.calls {
			if call == listCall {
				n++
			}
		}
		return n
	}
	from := count()
	p.b.Eventually("lists of containers", func() string {
		if n := count() - from; n < times {
			return fmt.Sprintf("%d, want %d", n, times)
		}
		return ""
	})
}

const listCall = "GET /containers/json"
