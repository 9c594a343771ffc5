package enginetest

import (
	"fmt"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Operator makes out-of-band changes, as docker commands of a person and programs that end do. It is not subject to faults
// and hooks, and its changes are not in the log of calls.
type Operator struct{ m *Memory }

// Operator returns the operator of this engine.
func (m *Memory) Operator() Operator { return Operator{m} }

func (o Operator) do(doing, id string, f func(*box) error) error {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	b, err := o.m.find(doing, id)
	if err != nil {
		return err
	}
	return f(b)
}

func (o Operator) running(doing, id string, f func(*box)) error {
	return o.do(doing, id, func(b *box) error {
		if b.down == nil {
			return fmt.Errorf("%s %s: it does not run", doing, id)
		}
		f(b)
		return nil
	})
}

// Exit ends a container's program with a code.
func (o Operator) Exit(id string, code int) error {
	return o.running("exit", id, func(b *box) { o.m.exit(b, code) })
}

// OOM ends a container's program for want of memory.
func (o Operator) OOM(id string) error { return o.running("oom", id, o.m.oom) }

// Stop is docker stop.
func (o Operator) Stop(id string) error {
	return o.running("stop", id, func(b *box) {
		o.m.exit(b, exitTerm)
		o.m.emit(b, "stop")
	})
}

// Start is docker start.
func (o Operator) Start(id string) error {
	return o.do("start", id, func(b *box) error {
		if b.down != nil {
			return nil
		}
		return o.m.start(b)
	})
}

// Kill is docker kill.
func (o Operator) Kill(id string) error {
	return o.running("kill", id, func(b *box) { o.m.exit(b, exitKill) })
}

// Pause is docker pause.
func (o Operator) Pause(id string) error {
	return o.running("pause", id, func(b *box) {
		b.c.State = engine.StatePaused
		o.m.emit(b, "pause")
	})
}

// Remove is docker rm -f.
func (o Operator) Remove(id string) error {
	return o.do("remove", id, func(b *box) error {
		if b.down != nil {
			o.m.exit(b, exitKill)
		}
		o.m.remove(b)
		return nil
	})
}

// BeginRemoval leaves a container in state removing until finish is called: the engine takes its time.
func (o Operator) BeginRemoval(id string) (finish func(), err error) {
	var found *box
	err = o.do("remove", id, func(b *box) error {
		if b.down != nil {
			o.m.exit(b, exitKill)
		}
		b.c.State, found = engine.StateRemoving, b
		return nil
	})
	return func() {
		o.m.mu.Lock()
		defer o.m.mu.Unlock()
		o.m.remove(found)
	}, err
}

// SetState puts a container that does not run into a state that engines leave behind, such as dead.
func (o Operator) SetState(id string, s engine.State) error {
	return o.do("set state of", id, func(b *box) error {
		b.c.State = s
		return nil
	})
}

// Rename is docker rename.
func (o Operator) Rename(id, name string) error {
	return o.do("rename", id, func(b *box) error {
		if o.m.names[name] != nil {
			return engine.ErrNameInUse
		}
		o.m.rename(b, name)
		return nil
	})
}

// Disconnect is docker network disconnect.
func (o Operator) Disconnect(id, network string) error {
	return o.do("disconnect", id, func(b *box) error {
		o.m.detach(b, network)
		return nil
	})
}

// Update is docker update; engineRestarts is its --restart with anything but no.
func (o Operator) Update(id string, limits engine.Limits, engineRestarts bool) error {
	return o.do("update", id, func(b *box) error {
		b.c.Details.Limits, b.c.Details.EngineRestarts = o.m.capped(limits), engineRestarts
		o.m.emit(b, "update")
		return nil
	})
}

// AddForeign runs a container without our labels and returns its id.
func (o Operator) AddForeign(name string) (string, error) {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	if o.m.names[name] != nil {
		return "", engine.ErrNameInUse
	}
	b, err := o.m.create("create container "+name, engine.ContainerSpec{Name: name, Image: "busybox:latest"})
	if err != nil {
		return "", err
	}
	return b.c.ID, o.m.start(b)
}
