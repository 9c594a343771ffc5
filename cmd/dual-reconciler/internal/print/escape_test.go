package print

import (
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// TestTablesAreHarmless holds the output with colours and cursor movements, which passes by the writers that escape.
func TestTablesAreHarmless(t *testing.T) {
	ws := v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	ws.Spec.Image = "image\x1b[2J"
	ws.Status.Manifest = v1alpha1.ManifestPosition{File: "a\nb\x9b\u202e.yaml", Line: 1}
	ws.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "False", Reason: "R\x1b", Message: "m\x1b]0;x\a\tn\nmore"}}
	var table, rows, drawn, lines strings.Builder
	if err := Table(&table, []v1alpha1.Workspace{ws}, true); err != nil {
		t.Fatal(err)
	}
	NewRows(&rows, true).Row(ws, false)
	(&Progress{out: &lines, lines: map[string]line{}, width: 80}).Show(&ws, false)
	(&Progress{out: &drawn, lines: map[string]line{}, width: 80, terminal: true}).Show(&ws, false)
	for what, text := range map[string]string{
		"table": table.String(), "rows": rows.String(), "lines": lines.String(), "drawn": strings.TrimPrefix(drawn.String(), "\x1b[2K"),
	} {
		if !strings.Contains(text, `\x1b`) || regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202e]").MatchString(text) {
			t.Errorf("%s: %q", what, text)
		}
	}
	if n := strings.Count(table.String(), "\n"); n != 2 {
		t.Errorf("%d rows: %q", n, table.String())
	}
}
