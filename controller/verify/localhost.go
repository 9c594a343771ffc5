package verify

import (
	"context"
	"fmt"
	"time"
)

// localhost is Test 1.2.
func (t *testCase) localhost(ctx context.Context) error {
	begun := time.Now()
	answers, err := t.askAll(ctx, first)
	if err != nil {
		return err
	}
	t.took("Time for three answers", time.Since(begun))
	for n, a := range answers {
		t.raw("Workspace %d: %s", n+1, a)
		t.check(fmt.Sprintf("Workspace %d returns %q", n+1, identity(n+1)), t.wrongAnswer(n+1, a)...)
	}
	t.execProcedure(first, namespace...)
	spaces, err := each(t.Loop.Workers, 1, first, func(i int) (answer, error) { return t.exec(ctx, i, namespace...) })
	if err != nil {
		return err
	}
	for n, s := range spaces {
		t.measure(fmt.Sprintf("Network namespace of workspace %d", n+1), s.body(), "")
	}
	t.check("No cross-contamination: each answer is of another workspace, each network namespace another one", t.mixed(answers, spaces)...)
	return nil
}

// mixed returns answers that are another workspace's, and network namespaces that two workspaces share.
func (t *testCase) mixed(answers, spaces []answer) (faults []fault) {
	for n, a := range answers {
		space := spaces[n].body()
		for other := range answers {
			if a.failure() == "" && other != n && a.body() == identity(other+1) {
				faults = append(faults, wrong("%s answered as %s", t.name(n+1), t.name(other+1))...)
			}
			if other > n && space != "" && space == spaces[other].body() {
				faults = append(faults, wrong("%s and %s share %s", t.name(n+1), t.name(other+1), space)...)
			}
		}
		if space == "" {
			faults = append(faults, fault{t.name(n+1) + " did not tell its network namespace", spaces[n].late})
		}
	}
	return faults
}
