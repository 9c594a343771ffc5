package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Claim makes this process the only one on this machine that works on an instance of an engine, until release. *HeldError
// where another one does. It is a socket in the kernel's own namespace: it needs no file that somebody could delete, every
// user can see it, and it dies with its process. Whoever connects is told who holds it.
func Claim(engine, instance string, me Holder) (release func(), err error) {
	name := "@" + claimName(engine, instance)
	var l net.Listener
	for try := 0; ; try++ {
		if l, err = net.Listen("unix", name); err == nil {
			break
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("claim instance %s: %w", instance, err)
		}
		h, alive := ask(name)
		if alive || try == 4 {
			return nil, &HeldError{Instance: instance, Holder: h}
		}
		time.Sleep(20 * time.Millisecond) // It ended between the two calls.
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				if errors.Is(err, net.ErrClosed) {
					return
				}
				time.Sleep(20 * time.Millisecond)
				continue
			}
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			_, _ = conn.Write(me.encode()) // Who asks may be gone.
			_ = conn.Close()
		}
	}()
	return func() {
		_ = l.Close()
		<-done
	}, nil
}

// ask asks who holds a claim. The kernel knows the PID also of one that does not answer.
func ask(name string) (h Holder, alive bool) {
	conn, err := net.DialTimeout("unix", name, 2*time.Second)
	if err != nil {
		return h, !errors.Is(err, syscall.ECONNREFUSED)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
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
