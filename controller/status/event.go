package status

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Event is something that the controller did or found, and why, as a sentence. Repeats are counted, not listed.
//
// +kubebuilder:object:generate=false
type Event struct {
	// FirstTimestamp and LastTimestamp are of the first and the latest of Count occurrences.
	FirstTimestamp metav1.Time `json:"firstTimestamp"`
	LastTimestamp  metav1.Time `json:"lastTimestamp"`
	Count          int32       `json:"count"`
	// Type is Normal or Warning.
	Type string `json:"type"`
	// Workspace it is about; empty where it is about the instance.
	Workspace string `json:"workspace,omitempty"`
	// Reason is one word for machines, such as Recreated.
	Reason string `json:"reason"`
	// Message is the sentence for people.
	Message string `json:"message"`
}

// EventList is a list of events, oldest first.
//
// +kubebuilder:object:generate=false
type EventList struct {
	metav1.TypeMeta `json:",inline"`
	Items           []Event `json:"items"`
}

// The types of events.
const (
	EventNormal  = "Normal"
	EventWarning = "Warning"
)
