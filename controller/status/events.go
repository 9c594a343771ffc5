package status

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The bounds of what is kept of events.
const (
	maxEvents        = 1000
	maxPerWorkspace  = 100
	maxMessage       = 1024
	compactAfterLine = 4 * maxEvents
)

// Events is the memory of what was done and why: bounded, and kept over restarts.
type Events struct {
	journal *journal

	mu       sync.Mutex
	entries  []entry // by LastTimestamp, the newest last
	next     uint64
	onRecord func(Event)
}

// entry is an event with an identity that its repeats share.
type entry struct {
	ID    uint64 `json:"id"`
	Event Event  `json:"event"`
	// key is the same for repeats.
	key string
}

// OpenEvents reads the events that are kept in dir. What cannot be read is forgotten; the error says so, next to a usable
// result. onRecord, which may be nil, is called with each event that is recorded from then on, one at a time.
func OpenEvents(dir string, onRecord func(Event)) (*Events, error) {
	e := &Events{journal: newJournal(dir), onRecord: onRecord}
	err := e.journal.read(func(x entry) {
		x.key = repeatKey(x.Event)
		e.put(x)
		e.next = max(e.next, x.ID+1)
	})
	return e, err
}

// Record adds an event. One that says the same of the same workspace as an earlier one is counted there.
func (e *Events) Record(now time.Time, kind, workspace, reason, message string) error {
	if len(message) > maxMessage {
		message = message[:maxMessage] + "…"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	at := metav1.NewTime(now)
	x := entry{ID: e.next, Event: Event{
		FirstTimestamp: at, LastTimestamp: at, Count: 1, Type: kind, Workspace: workspace, Reason: reason, Message: message,
	}}
	x.key = repeatKey(x.Event)
	if i := slices.IndexFunc(e.entries, func(o entry) bool { return o.key == x.key }); i >= 0 {
		before := e.entries[i]
		x.ID, x.Event.FirstTimestamp, x.Event.Count = before.ID, before.Event.FirstTimestamp, before.Event.Count+1
	} else {
		e.next++
	}
	e.put(x)
	if e.onRecord != nil {
		e.onRecord(x.Event)
	}
	return e.journal.append(x, e.entries)
}

// Retry writes what could not be written before, and returns why it still cannot be.
func (e *Events) Retry() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.journal.lost || len(e.entries) == 0 {
		return nil
	}
	return e.journal.append(e.entries[len(e.entries)-1], e.entries)
}

// varying are the parts of a message that differ between repeats: durations and times of day.
var varying = regexp.MustCompile(`\b(\d+(\.\d+)?(ms|s|m|h))+\b|\b\d\d:\d\d:\d\d\b`)

func repeatKey(e Event) string {
	return strings.Join([]string{e.Workspace, e.Type, e.Reason, varying.ReplaceAllString(e.Message, "~")}, "\x00")
}

// put makes an entry the newest, in place of the one with its ID, and drops the oldest past the bounds.
func (e *Events) put(x entry) {
	e.entries = slices.DeleteFunc(e.entries, func(o entry) bool { return o.ID == x.ID })
	e.entries = append(e.entries, x)
	of := func(o entry) bool { return o.Event.Workspace == x.Event.Workspace }
	count := 0
	for _, o := range e.entries {
		if of(o) {
			count++
		}
	}
	if count > maxPerWorkspace {
		e.drop(slices.IndexFunc(e.entries, of))
	}
	if len(e.entries) > maxEvents {
		e.drop(0)
	}
}

func (e *Events) drop(i int) { e.entries = slices.Delete(e.entries, i, i+1) }

// List returns the events of a workspace, or all where workspace is empty; the newest last.
func (e *Events) List(workspace string) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []Event{}
	for _, x := range e.entries {
		if workspace == "" || x.Event.Workspace == workspace {
			out = append(out, x.Event)
		}
	}
	return out
}
