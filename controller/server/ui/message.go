package ui

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// maxEvents is how many of the last events the page shows of all workspaces together.
const maxEvents = 50

// message is one message of a stream. The first one has About set, and replaces everything on the page.
type message struct {
	Now   time.Time     `json:"now"`
	About *server.About `json:"about,omitempty"`
	// Problems of the manifests and NotReady, the reason why the controller cannot work, are in every message.
	Problems []string `json:"problems"`
	NotReady string   `json:"notReady,omitempty"`
	// Workspaces has those that are new or changed, and Removed the names of removed ones.
	Workspaces []workspace `json:"workspaces,omitempty"`
	Removed    []string    `json:"removed,omitempty"`
	// Events are the last events of all workspaces, newest last, if there is a new one. EventsOf has the workspaces of the new ones.
	Events   []status.Event `json:"events,omitempty"`
	EventsOf []string       `json:"eventsOf,omitempty"`
}

// workspace is what the page shows of a workspace. It has no environment variables: what is not sent cannot leak.
type workspace struct {
	Name string `json:"name"`
	// Kind is a workspace's state in one word.
	Kind     string                   `json:"kind"`
	Image    string                   `json:"image"`
	Labels   map[string]string        `json:"labels,omitempty"`
	Revision string                   `json:"revision,omitempty"`
	Status   v1alpha1.WorkspaceStatus `json:"status"`
}

// The kinds of states.
const (
	kindReady   = "ready"
	kindPaused  = "paused"
	kindFailing = "failing"
	kindWorking = "working"
	kindWaiting = "waiting"
)

func kindOf(ws *v1alpha1.Workspace) string {
	conditions := ws.Status.Conditions
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return kindWaiting
	case ready.Reason == v1alpha1.ReasonPaused:
		return kindPaused
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		return kindWorking
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled), ready.Reason == v1alpha1.ReasonUnhealthy:
		return kindFailing
	case ready.Status == "True":
		return kindReady
	default:
		return kindWaiting
	}
}

func shown(ws *v1alpha1.Workspace) workspace {
	return workspace{
		Name: ws.Name, Kind: kindOf(ws), Image: ws.Spec.Image, Labels: ws.Labels,
		Revision: ws.Status.Revision.String(), Status: ws.Status,
	}
}

// header returns the fields that every message has.
func (p *page) header() message {
	m := message{Now: p.now(), Problems: append([]string{}, p.state.Problems()...)}
	if err := p.state.Ready(); err != nil {
		m.NotReady = err.Error()
	}
	return m
}

func (p *page) everything() message {
	m := p.header()
	m.About = &p.about
	for _, ws := range p.state.Workspaces() {
		m.Workspaces = append(m.Workspaces, shown(ws))
	}
	m.Events = p.lastEvents()
	return m
}

// changes returns the current state of what has changed since the last call. Changes may be reported out of order, but the state
// itself is always the latest.
func (p *page) changes(reader *server.Reader) message {
	changed, events := reader.Take(), reader.TakeEvents()
	m := p.header()
	if len(changed) > 0 {
		now := map[string]*v1alpha1.Workspace{}
		for _, ws := range p.state.Workspaces() {
			now[ws.Name] = ws
		}
		for _, c := range changed {
			if ws := now[c.Object.Name]; ws != nil {
				m.Workspaces = append(m.Workspaces, shown(ws))
			} else {
				m.Removed = append(m.Removed, c.Object.Name)
			}
		}
	}
	if len(events) > 0 {
		m.Events = p.lastEvents()
		for _, e := range events {
			if !slices.Contains(m.EventsOf, e.Workspace) {
				m.EventsOf = append(m.EventsOf, e.Workspace)
			}
		}
	}
	return m
}

func (p *page) lastEvents() []status.Event {
	all := p.state.RecentEvents("")
	return all[max(0, len(all)-maxEvents):]
}
