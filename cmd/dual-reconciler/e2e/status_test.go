package e2e

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Shown is a workspace as get shows it.
func (b *bench) Shown(short string) v1alpha1.Workspace {
	b.Helper()
	r := b.Do("get", b.Name(short), "-o", "json")
	var ws v1alpha1.Workspace
	if err := json.Unmarshal([]byte(r.Stdout), &ws); err != nil {
		b.Fatalf("get %s: %v\n%+v", short, err, r)
	}
	return ws
}

// Says waits until get shows a workspace with this reason, in a message with all these words.
func (b *bench) Says(short, reason string, words ...string) {
	b.Helper()
	b.shown(short+" says "+reason, short, func(ws *v1alpha1.Workspace) string {
		ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil {
			return "no condition Ready"
		}
		if ready.Reason != reason || !containsAll(ready.Message, words) {
			return fmt.Sprintf("%s: %s; want the words %q", ready.Reason, ready.Message, words)
		}
		return ""
	})
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// wantWords fails the test unless text has all of the words.
func (b *bench) wantWords(what, text string, words ...string) {
	b.Helper()
	if !containsAll(text, words) {
		b.Errorf("%s: %q does not have all of %q", what, text, words)
	}
}
