package verify

import (
	"context"
	"fmt"
)

// exitCodes is Test 1.3.
func (t *testCase) exitCodes(ctx context.Context) error {
	for _, c := range []struct {
		ordinal, name, script string
		code                  int
	}{
		{"First", "Success case", "exit 0", 0},
		{"Second", "Failure case", "exit 42", 42},
		{"Third", "Command not found", "nonexistent_command 2>/dev/null", 127},
	} {
		command := []string{"sh", "-c", c.script}
		t.procedure(`%s; echo "exit: $?"`, execLine(t.name(1), command))
		a, err := t.exec(ctx, 1, command...)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s command: exit code %d", c.ordinal, c.code)
		if a.err != nil {
			t.raw("no exit code: %v", a.err)
			t.check(text, fault{a.err.Error(), a.late})
			continue
		}
		t.raw("exit: %d", a.Code)
		t.measure(c.name+" exit code", a.Code, "")
		t.check(text, wrongUnless(a.Code == c.code, "it was %d", a.Code)...)
	}
	return nil
}
