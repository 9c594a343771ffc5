package docker

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// wrappings are what the layers of an engine put before the cause. None of them helps a person.
var wrappings = []string{
	"Error response from daemon: ",
	"error during connect: ",
	"failed to create task for container: ",
	"failed to create shim task: ",
	"failed to create shim: ",
	"OCI runtime create failed: ",
	"OCI runtime exec failed: ",
	"OCI runtime start failed: ",
	"OCI runtime error: ",
	"runc create failed: ",
	"runc did not terminate successfully: exit status 1: ",
	"Error: ",
	"runc: ",
	"crun: ",
	"exec failed: ",
	"unable to start container process: ",
	"error during container init: ",
	"starting container process caused: ",
	"container init caused: ",
	"container init: ",
	"Conflict. ",
	"Conflicting options: ",
	"Error when allocating new name: ",
}

var (
	sourceLine = regexp.MustCompile(`^(container|rootfs|exec)_linux\.go:\d+: `)
	longID     = regexp.MustCompile(`\b([0-9a-f]{12})[0-9a-f]{52}\b`)
	request    = regexp.MustCompile(`^(Get|Head|Post|Put|Delete) "[^"]*": `)
	updating   = regexp.MustCompile(`^Cannot (update|restart|start|stop|kill|pause|unpause) container \S+: `)
)

// clean strips a message of an engine down to its cause, in printable characters: it may quote anything.
func clean(text string) string {
	text = strings.TrimSpace(text)
	for stripped := true; stripped; {
		stripped = false
		for _, w := range wrappings {
			if rest, ok := strings.CutPrefix(text, w); ok {
				text, stripped = rest, true
			}
		}
		for _, re := range []*regexp.Regexp{sourceLine, request, updating} {
			if loc := re.FindStringIndex(text); loc != nil {
				text, stripped = text[loc[1]:], true
			}
		}
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ": unknown")
	text, _, _ = strings.Cut(text, ": OCI runtime attempted to ") // What podman adds says no more.
	text = strings.TrimSuffix(text, ": OCI permission denied")
	return printable.Text(longID.ReplaceAllString(strings.TrimSpace(text), "$1"))
}

// refusal is the message of an answer that is not 200.
func refusal(status string, body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		return answer.Message
	}
	if text := strings.TrimSpace(string(body)); text != "" {
		return text
	}
	return status
}
