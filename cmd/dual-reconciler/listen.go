package main

import (
	"errors"
	"fmt"
	"net"
)

// errRemote is the error of an address that other machines reach.
var errRemote = errors.New("other machines reach that, and there is no password and no encryption")

// loopbackOnly resolves the address that a flag wants listened on, and refuses one that other machines reach: what is served
// there asks nobody for a password. It is nil where the flag is empty; with errRemote it is what was refused.
func loopbackOnly(flag, addr, example string) (*net.TCPAddr, error) {
	if addr == "" {
		return nil, nil
	}
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--%s %s: %w: want host:port, such as %s", flag, addr, err, example)
	}
	// An empty host is every interface.
	if !a.IP.IsLoopback() {
		return a, fmt.Errorf("--%s %s: %w: use localhost:%d", flag, addr, errRemote, a.Port)
	}
	return a, nil
}
