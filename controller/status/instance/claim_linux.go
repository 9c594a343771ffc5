package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// askTimeout is how long another process may take to describe itself, and answerTimeout how long this one tries to.
const (
	askTimeout    = 2 * time.Second
	answerTimeout = time.Second
)

// Claim makes this process the only one on this machine that works on an instance of an engine, until release is called. It
// returns a *HeldError if another process does. The claim is an abstract unix socket: it needs no file that could be deleted,
// every user can see it, and it ends with its process. It sends its Holder to every client.
func Claim(engine, instance string, self Holder) (release func(), err error) {
	name := "@" + sharedName(engine, instance)
	var l net.Listener
	for try := 1; ; try++ {
		if l, err = net.Listen("unix", name); err == nil {
			break
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("claim instance %s: %w", instance, err)
		}
		h, alive := ask(name)
		if alive || try == lockTries {
			return nil, &HeldError{Instance: instance, Holder: h}
		}
		time.Sleep(retryEvery) // The holder ended between the two calls.
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer(l, self)
	}()
	return func() {
		_ = l.Close()
		<-done
	}, nil
}

// answer sends the holder to every client until the listener is closed.
func answer(l net.Listener, self Holder) {
	for {
		conn, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(retryEvery)
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(answerTimeout))
		_, _ = conn.Write(self.encode()) // The client may have disconnected.
		_ = conn.Close()
	}
}

// ask returns the process that holds a claim, and whether there is one. The kernel supplies the PID of a holder that does not
// answer.
func ask(name string) (h Holder, alive bool) {
	conn, err := net.DialTimeout("unix", name, askTimeout)
	if err != nil {
		return h, !errors.Is(err, syscall.ECONNREFUSED)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(askTimeout))
	if err := json.NewDecoder(conn).Decode(&h); err == nil {
		return h, true
	}
	if raw, err := conn.(*net.UnixConn).SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			if peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
				h.PID = int(peer.Pid)
			}
		})
	}
	return h, true
}
