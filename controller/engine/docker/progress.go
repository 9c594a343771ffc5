package docker

import "github.com/dual-dev/dual-reconciler/controller/engine"

// message is one line of a pull's stream.
type message struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Progress struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
	Error       string `json:"error"`
	ErrorDetail struct {
		Message string `json:"message"`
	} `json:"errorDetail"`
}

func (m *message) failure() string {
	if m.ErrorDetail.Message != "" {
		return m.ErrorDetail.Message
	}
	return m.Error
}

// layers adds up the downloads of a pull's layers.
type layers map[string]engine.Progress

// add returns the new sums, and whether they differ from the last ones.
func (l layers) add(m *message) (engine.Progress, bool) {
	before, known := l[m.ID]
	after := before
	switch m.Status {
	case "Downloading":
		after = engine.Progress{Current: m.Progress.Current, Total: m.Progress.Total}
	case "Download complete", "Pull complete":
		// The last report before the end need not be the whole.
		after.Current = after.Total
	default:
		// Extracting counts the same bytes again.
		return engine.Progress{}, false
	}
	if m.ID == "" || (known && before == after) {
		return engine.Progress{}, false
	}
	l[m.ID] = after
	var sum engine.Progress
	for _, p := range l {
		sum.Current += p.Current
		sum.Total += p.Total
	}
	return sum, true
}
