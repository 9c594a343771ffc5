package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// TestKinds: the table has a complete row for each constant, and docs/metrics.md names each kind.
func TestKinds(t *testing.T) {
	docs, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	_, row, found := strings.Cut(string(docs), "| `dual_reconciler_actions_total` |")
	if !found {
		t.Fatal("docs/metrics.md has no row of the actions")
	}
	row, _, _ = strings.Cut(row, "\n")
	all := plan.Kinds()
	for _, kind := range all {
		if !strings.Contains(row, "`"+string(kind)+"`") {
			t.Errorf("docs/metrics.md does not name the kind %s", kind)
		}
		event, verb := kind.Event()
		if silent := kind == plan.KindRecord; (event == "") != silent || (verb == "") != silent {
			t.Errorf("kind %s: event %q, verb %q", kind, event, verb)
		}
		if (plan.Action{Kind: kind}).Progress(plan.Step{}) == "" {
			t.Errorf("kind %s has no progress", kind)
		}
	}
	constants := kindConstants(t)
	if len(constants) == 0 || len(constants) != len(all) {
		t.Errorf("%d rows, and the constants %v", len(all), constants)
	}
	for _, kind := range constants {
		if !slices.Contains(all, plan.Kind(kind)) {
			t.Errorf("kind %s has no row", kind)
		}
	}
}

// kindConstants are the values of the constants of type Kind in the source.
func kindConstants(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Kind" {
				values = append(values, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
			}
		}
		return true
	})
	return values
}
