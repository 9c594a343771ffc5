package docker

import "golang.org/x/sys/unix"

// kernel is the release of this machine's kernel. An engine that is reached through a socket and has another one is in a virtual
// machine, as Docker Desktop's is, or behind a forwarded socket.
func kernel() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
