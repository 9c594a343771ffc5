package controller

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// part of the loop that shows signs of life.
type part string

const (
	partManifests  part = "the reader of the manifests"
	partEngine     part = "the watch of the engine"
	partDispatcher part = "the hand-out of work"
)

const (
	// answerWithin is how long the engine may take for a list; one that takes longer counts as away.
	answerWithin = 30 * time.Second
	// grace is how late a sign of life may be on a busy machine: a controller must not be restarted for being slow.
	grace = 2 * time.Minute
)

var errNoAnswer = fmt.Errorf("%w: it did not answer within %s", engine.ErrUnavailable, answerWithin)

// pulse has the signs of life of the loop's parts.
type pulse struct {
	mu sync.Mutex
	// due is when each part must have shown its next sign of life; a part that rests is not in it.
	due map[part]time.Time
	// away is why the engine is not connected; nil where that is not known.
	away error
}

func (p *pulse) expect(of part, by time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.due == nil {
		p.due = map[part]time.Time{}
	}
	p.due[of] = by
}

// rest says that a part waits for something that may never come.
func (p *pulse) rest(of part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.due, of)
}

func (p *pulse) offline(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = cause
}

// cause is why the engine is not connected; nil where that is not known.
func (p *pulse) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away
}

// overdue are the parts that should have shown a sign of life, and for how long.
func (p *pulse) overdue(now time.Time) map[part]time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	late := map[part]time.Duration{}
	for of, by := range p.due {
		if d := now.Sub(by); d > 0 {
			late[of] = d
		}
	}
	return late
}

// beat is a sign of life, and the promise of the next one within d.
func (c *Controller) beat(of part, d time.Duration) {
	c.pulse.expect(of, c.Clock.Now().Add(d+grace))
}

// Healthy says what of the loop is wedged; nil where it works. An engine that is away and manifests that are broken are no
// reason: to restart the controller would not help. A lock that is never released makes it hang, which the prober's own
// timeout finds.
func (c *Controller) Healthy() error {
	_, _ = c.desired.readAt()
	c.states.get("")
	online := c.isOnline()
	late := c.pulse.overdue(c.Clock.Now())
	if !online {
		// Calls to an engine that hangs hold the workers.
		delete(late, partDispatcher)
	}
	for _, of := range []part{partManifests, partEngine, partDispatcher} {
		if d, is := late[of]; is {
			return fmt.Errorf("%s has shown no sign of life for %s longer than it may", of, d.Round(time.Second))
		}
	}
	return nil
}

// Ready says what is missing before the controller does its work: the first read of the manifests, or an engine that
// answers.
func (c *Controller) Ready() error {
	if _, ok := c.desired.readAt(); !ok {
		return errors.New("the manifests were not read yet")
	}
	return c.EngineUp()
}

// EngineUp says why the engine is not up; nil where it is connected and answers.
func (c *Controller) EngineUp() error {
	if c.isOnline() {
		return nil
	}
	if cause := c.pulse.cause(); cause != nil {
		return fmt.Errorf("the engine is not connected: %w", cause)
	}
	return errors.New("the engine is not connected yet")
}
