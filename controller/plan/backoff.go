package plan

import "time"

// The backoff of everything that is retried: the curve of the kubelet, with a shorter first delay.
const (
	firstDelay = time.Second
	maxDelay   = 5 * time.Minute
	// StableAfter is how long a container must run for the restart backoff to be reset.
	StableAfter = 10 * time.Minute
)

// Backoff counts failures of one thing.
type Backoff struct {
	// For identifies what failed, such as the spec: the failures of another one are counted from zero.
	For      string    `json:"for,omitempty"`
	Failures int       `json:"failures,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Reason   string    `json:"reason,omitempty"`
	Message  string    `json:"message,omitempty"`
	// NotTaken is set if the action succeeds and changes nothing: another success does not end the backoff.
	NotTaken bool `json:"notTaken,omitempty"`
}

// Delay returns the delay before try number failures+1: nothing, then 1 s doubling to 5 min.
func Delay(failures int) time.Duration {
	switch {
	case failures <= 0:
		return 0
	case failures > 9:
		return maxDelay
	}
	return min(firstDelay<<(failures-1), maxDelay)
}

// Fail returns the backoff after one more failure at now.
func (b Backoff) Fail(key, reason, message string, now time.Time) Backoff {
	if b.For != key {
		b = Backoff{For: key}
	}
	b.Failures++
	b.Next = now.Add(Delay(b.Failures))
	b.Reason, b.Message = reason, message
	return b
}

// after returns when a delay is over that began at since. A time in the future was read before the clock was set back.
func (in Input) after(since time.Time, delay time.Duration) time.Time {
	if since.After(in.Now) {
		return in.Now
	}
	return since.Add(delay)
}

// waits reports whether the same thing must not be tried yet.
func (b Backoff) waits(key string, now time.Time) bool {
	// A time further away than its delay, see Action.Fail, was read before the wall clock was set back.
	return b.For == key && b.Failures > 0 && now.Before(b.Next) && b.Next.Sub(now) <= Delay(b.Failures+4)
}
