package verify

import (
	"context"
	"fmt"
	"strings"
)

// ask is the experiment's question to a workspace, and listening asks the kernel of the workspace which of its own processes
// holds the port: in a network namespace that is somebody else's none does, whatever answers there.
var (
	ask       = []string{"wget", "-qO-", fmt.Sprintf("http://localhost:%d", port)}
	listening = fmt.Sprintf(listeningScript, port)
	namespace = []string{"readlink", "/proc/self/ns/net"}
)

const listeningScript = `for inode in $(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r sl at rem st q tm re uid to inode rest
do case "$at $st" in *:%04[1]X' '0A) echo $inode;; esac; done); do
for fd in /proc/[0-9]*/fd/*; do [ "$(readlink $fd)" = "socket:[$inode]" ] || continue
p=${fd%%/fd/*}; echo "process ${p#/proc/} ($(cat $p/comm)) listens on :%[1]d"; exit 0; done; done; exit 1`

// answer of a workspace.
type answer struct {
	body string
	// failed says why there is none.
	failed string
	// late says that there is none yet: it may be right.
	late bool
}

func (a answer) String() string {
	if a.failed != "" {
		return "no answer: " + a.failed
	}
	return a.body
}

// wrong says what is wrong with the answer of workspace i; nothing where nothing is.
func (t *trial) wrong(i int, a answer) []fault {
	switch {
	case a.failed != "":
		return []fault{{fmt.Sprintf("%s gave no answer: %s", t.name(i), a.failed), a.late}}
	case a.body != identity(i):
		return []fault{{text: fmt.Sprintf("%s answered %q, not %q", t.name(i), a.body, identity(i))}}
	}
	return nil
}

// ask asks a workspace until it answers: the server of a workspace that runs may not listen yet. An answer is final, right
// or wrong.
func (t *trial) ask(ctx context.Context, i int) (a answer, err error) {
	err = t.retry(ctx, func() (bool, error) {
		// wget's own time limit crashes some builds of busybox.
		out, err := t.exec(ctx, i, ask...)
		if err != nil {
			// The workspace cannot be reached, which is an answer too where it has been brought up.
			a.failed, a.late = err.Error(), t.late(err)
			return true, ctx.Err()
		}
		if a = (answer{body: strings.TrimSpace(out.Stdout)}); out.Code != 0 {
			a.failed = fmt.Sprintf("exit code %d: %s", out.Code, strings.TrimSpace(out.Stderr))
		}
		return out.Code == 0, nil
	})
	return a, err
}

// late says of what kept a workspace from being reached whether it is the time.
func (t *trial) late(err error) bool { return unanswered(err) || t.unsettled }

func (t *trial) askAll(ctx context.Context, from, to int) ([]answer, error) {
	t.execDid(from, to, ask...)
	return each(t, from, to, func(i int) (answer, error) { return t.ask(ctx, i) })
}

// listeners says of each workspace which of its processes listens, or why none does.
func (t *trial) listeners(ctx context.Context, from, to int) (lines []string, wrong []fault, err error) {
	t.did("listening=%s", quote(listening))
	t.did(`for n in $(seq %d %d); do dual-reconciler exec %s-$n -- sh -c "$listening"; done`, from, to, t.Prefix)
	late := make([]bool, to-from+1)
	found, err := each(t, from, to, func(i int) (out Output, err error) {
		err = t.retry(ctx, func() (bool, error) {
			if out, err = t.exec(ctx, i, "sh", "-c", listening); err != nil {
				late[i-from] = t.late(err)
				out = Output{Code: -1, Stderr: err.Error()}
				return true, ctx.Err()
			}
			return out.Code == 0, nil
		})
		return out, err
	})
	for n, out := range found {
		line := strings.TrimSpace(out.Stdout)
		if out.Code != 0 {
			line = fmt.Sprintf("none of its processes listens on :%d", port)
			if late[n] {
				line = fmt.Sprintf("whether a process of its own listens on :%d is not known", port)
			}
			if why := strings.TrimSpace(out.Stderr); why != "" {
				line += ": " + why
			}
			wrong = append(wrong, fault{t.name(from+n) + ": " + line, late[n]})
		}
		lines = append(lines, t.name(from+n)+": "+line)
	}
	return lines, wrong, err
}

// notReady says which workspaces are not running, or not ready, and why.
// Where they were not brought up in time, they may yet be.
func (t *trial) notReady(from int, states []State) (wrong []fault) {
	for n, s := range states {
		switch {
		case !s.Running:
			wrong = append(wrong, fault{fmt.Sprintf("%s is %s: %s: %s", t.name(from+n), s.Text, s.Reason, s.Message), t.unsettled})
		case !s.Ready:
			wrong = append(wrong, fault{fmt.Sprintf("%s is not ready: %s: %s", t.name(from+n), s.Reason, s.Message), t.unsettled})
		}
	}
	return wrong
}
