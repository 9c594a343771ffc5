package server

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// uiEvents is how many of the last events the page shows of all workspaces together.
const uiEvents = 50

// uiMessage is one message of a stream. The first has About set and replaces whatever the page knew.
type uiMessage struct {
	Now   time.Time `json:"now"`
	About *About    `json:"about,omitempty"`
	// Problems of the manifests, and NotReady, why the controller cannot do its work, are in every message.
	Problems []string `json:"problems"`
	NotReady string   `json:"notReady,omitempty"`
	// Workspaces that are new or changed, and the names of those that are gone.
	Workspaces []uiWorkspace `json:"workspaces,omitempty"`
	Removed    []string      `json:"removed,omitempty"`
	// Events are the last ones, newest last, where there is a new one; EventsOf names the workspaces of the new ones.
	Events   []status.Event `json:"events,omitempty"`
	EventsOf []string       `json:"eventsOf,omitempty"`
}

// uiWorkspace is what the page shows of a workspace. It has no environment, secret or not: what is not sent cannot leak.
type uiWorkspace struct {
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
	uiReady   = "ready"
	uiPaused  = "paused"
	uiFailing = "failing"
	uiWorking = "working"
	uiWaiting = "waiting"
)

func uiKind(ws *v1alpha1.Workspace) string {
	conditions := ws.Status.Conditions
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return uiWaiting
	case ready.Reason == v1alpha1.ReasonPaused:
		return uiPaused
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		return uiWorking
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled), ready.Reason == v1alpha1.ReasonUnhealthy:
		return uiFailing
	case ready.Status == "True":
		return uiReady
	default:
		return uiWaiting
	}
}

func uiShown(ws *v1alpha1.Workspace) uiWorkspace {
	return uiWorkspace{
		Name: ws.Name, Kind: uiKind(ws), Image: ws.Spec.Image, Labels: ws.Labels,
		Revision: ws.Status.Revision.String(), Status: ws.Status,
	}
}

// message is what every message has.
func (u *ui) message() uiMessage {
	m := uiMessage{Now: u.now(), Problems: append([]string{}, u.state.Problems()...)}
	if err := u.state.Ready(); err != nil {
		m.NotReady = err.Error()
	}
	return m
}

func (u *ui) everything() uiMessage {
	m := u.message()
	m.About = &u.about
	for _, ws := range u.state.Workspaces() {
		m.Workspaces = append(m.Workspaces, uiShown(ws))
	}
	m.Events = u.lastEvents()
	return m
}

// changes are what a reader was told of since the last time, as it stands now: of two changes that overtook each other the
// state itself knows which one is the later.
func (u *ui) changes(reader *Reader) uiMessage {
	changed, events := reader.Take(), reader.TakeEvents()
	m := u.message()
	if len(changed) > 0 {
		now := map[string]*v1alpha1.Workspace{}
		for _, ws := range u.state.Workspaces() {
			now[ws.Name] = ws
		}
		for _, c := range changed {
			if ws := now[c.Object.Name]; ws != nil {
				m.Workspaces = append(m.Workspaces, uiShown(ws))
			} else {
				m.Removed = append(m.Removed, c.Object.Name)
			}
		}
	}
	if len(events) > 0 {
		m.Events = u.lastEvents()
		for _, e := range events {
			if !slices.Contains(m.EventsOf, e.Workspace) {
				m.EventsOf = append(m.EventsOf, e.Workspace)
			}
		}
	}
	return m
}

func (u *ui) lastEvents() []status.Event {
	all := u.state.RecentEvents("")
	return all[max(0, len(all)-uiEvents):]
}
