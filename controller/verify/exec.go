package verify

import (
	"context"
	"fmt"
	"strings"
)

// answer is the result of a command in a workspace.
type answer struct {
	Output
	// err is set if the workspace was not reached, and late if it may be reached later.
	err  error
	late bool
}

// body is what the command printed.
func (a answer) body() string { return strings.TrimSpace(a.Stdout) }

// failure is empty if the command succeeded.
func (a answer) failure() string {
	switch {
	case a.err != nil:
		return a.err.Error()
	case a.Code != 0:
		return fmt.Sprintf("exit code %d: %s", a.Code, strings.TrimSpace(a.Stderr))
	}
	return ""
}

func (a answer) String() string {
	if failure := a.failure(); failure != "" {
		return "no answer: " + failure
	}
	return a.body()
}

// exec runs a command in a workspace. A workspace that is not reached is an answer, too; the error is ctx's.
func (t *testCase) exec(ctx context.Context, i int, command ...string) (answer, error) {
	call := func(ctx context.Context) (Output, error) { return t.env.Exec(ctx, i, command) }
	out, err := query(ctx, t, execLine(t.name(i), command), call, func(o Output) (string, string) {
		return o.Stdout + o.Stderr, fmt.Sprintf("exit code %d", o.Code)
	})
	if err != nil {
		return answer{err: err, late: unanswered(err) || t.suite.unsettled}, ctx.Err()
	}
	return answer{Output: out}, nil
}

// execAll runs a command in the workspaces 1 to n, in each until it succeeds: the server of a workspace that runs may not
// listen yet.
func (t *testCase) execAll(ctx context.Context, n int, command ...string) ([]answer, error) {
	return each(t.Loop.Workers, 1, n, func(i int) (a answer, err error) {
		err = untilStarted(ctx, func() (bool, error) {
			a, err = t.exec(ctx, i, command...)
			return err != nil || a.err != nil || a.Code == 0, err
		})
		return a, err
	})
}

// askAll asks the workspaces 1 to n for their identity.
func (t *testCase) askAll(ctx context.Context, n int) ([]answer, error) {
	t.execProcedure(n, ask...)
	return t.execAll(ctx, n, ask...)
}

// wrongAnswer returns what is wrong with the answer of workspace i, if anything.
func (t *testCase) wrongAnswer(i int, a answer) []fault {
	if failure := a.failure(); failure != "" {
		return []fault{{fmt.Sprintf("%s gave no answer: %s", t.name(i), failure), a.late}}
	}
	return wrongUnless(a.body() == identity(i), "%s answered %q, not %q", t.name(i), a.body(), identity(i))
}

// execProcedure adds the same command for the workspaces 1 to n to the procedure.
func (t *testCase) execProcedure(n int, command ...string) {
	t.procedure("for n in $(seq %d %d); do %s; done", 1, n, execLine(t.Prefix+"-$n", command))
}

func execLine(name string, command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = quote(w)
	}
	return "dual-reconciler exec " + name + " -- " + strings.Join(words, " ")
}

func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n'\"$;|&<>()*?[]\\`#~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// ask requests a workspace's identity from its server, and namespace is the workspace's network namespace.
var (
	ask       = []string{"wget", "-qO-", fmt.Sprintf("http://localhost:%d", port)} // wget's own time limit crashes some builds of busybox.
	namespace = []string{"readlink", "/proc/self/ns/net"}
	// listening asks the kernel which of the workspace's own processes holds the port. In the network namespace of another
	// workspace none of them does, whatever answers there.
	listening = fmt.Sprintf(listeningScript, port)
)

const listeningScript = `for inode in $(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r sl at rem st q tm re uid to inode rest
do case "$at $st" in *:%04[1]X' '0A) echo $inode;; esac; done); do
for fd in /proc/[0-9]*/fd/*; do [ "$(readlink $fd)" = "socket:[$inode]" ] || continue
p=${fd%%/fd/*}; echo "process ${p#/proc/} ($(cat $p/comm)) listens on :%[1]d"; exit 0; done; done; exit 1`

// listeners returns a line for each of the workspaces 1 to n: the process that listens, or why there is none.
func (t *testCase) listeners(ctx context.Context, n int) (lines []string, silent []fault, err error) {
	t.procedure("listening=%s", quote(listening))
	t.procedure(`for n in $(seq %d %d); do dual-reconciler exec %s-$n -- sh -c "$listening"; done`, 1, n, t.Prefix)
	found, err := t.execAll(ctx, n, "sh", "-c", listening)
	for i, a := range found {
		line, why := a.body(), strings.TrimSpace(a.Stderr)
		if a.failure() != "" {
			line = fmt.Sprintf("none of its processes listens on :%d", port)
			if a.late {
				line = fmt.Sprintf("whether a process of its own listens on :%d is not known", port)
			}
			if a.err != nil {
				why = a.err.Error()
			}
			if why != "" {
				line += ": " + why
			}
			silent = append(silent, fault{t.name(i+1) + ": " + line, a.late})
		}
		lines = append(lines, t.name(i+1)+": "+line)
	}
	return lines, silent, err
}
