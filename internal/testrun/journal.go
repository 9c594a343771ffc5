package testrun

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal is the engine's record of what a run made: an anonymous volume carries nobody's name, but the container that it was
// mounted into did.
type journal struct {
	run    string
	cmd    *exec.Cmd
	ended  chan struct{}
	mu     sync.Mutex
	owned  map[string]bool // containers
	mounts map[string]bool // volumes
}

// message is one message of the engine, as far as it is looked at.
type message struct {
	Type, Action string
	Actor        struct {
		ID         string
		Attributes map[string]string
	}
}

func watch(run string) (*journal, error) {
	j := &journal{run: run, ended: make(chan struct{}), owned: map[string]bool{}, mounts: map[string]bool{}}
	// From a moment that is past: what happens before the stream is open is not missed.
	j.cmd = exec.Command("docker", "events", "--since", fmt.Sprint(time.Now().Unix()), "--format", "{{json .}}",
		"--filter", "type=container", "--filter", "type=volume", "--filter", "event=create", "--filter", "event=mount")
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := j.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(j.ended)
		j.read(out)
		_ = j.cmd.Wait()
	}()
	return j, nil
}

func (j *journal) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) == nil {
			j.note(m)
		}
	}
}

func (j *journal) note(m message) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case m.Type == "container":
		for key, value := range m.Actor.Attributes {
			if Of(key+"="+value) == j.run {
				j.owned[m.Actor.ID] = true
			}
		}
	case m.Type == "volume" && j.owned[m.Actor.Attributes["container"]]:
		j.mounts[m.Actor.ID] = true
	}
}

// left is what is on the engine of all that the run made.
func (j *journal) left() (left []string) {
	_ = j.cmd.Process.Kill()
	<-j.ended
	for _, k := range kinds {
		all, err := k.things()
		if err != nil {
			left = append(left, err.Error())
		}
		for _, t := range all {
			if t.run == j.run {
				left = append(left, t.String())
			}
		}
	}
	out, err := docker("volume", "ls", "--quiet")
	if err != nil {
		return append(left, err.Error())
	}
	anonymous := strings.Fields(out)
	for volume := range j.mounts {
		if slices.Contains(anonymous, volume) && Of(volume) == "" {
			left = append(left, "volume "+volume+" (of a container of this run)")
			_, _ = docker("volume", "rm", volume)
		}
	}
	return left
}
