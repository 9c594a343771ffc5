//go:build !linux

package status

// claimDir is for all users: the directory of $TMPDIR is each user's own.
const claimDir = "/tmp"

// Claim makes this process the only one on this machine that works on an instance of an engine, until release. *HeldError
// where another one does.
func Claim(engine, instance string, me Holder) (release func(), err error) {
	return claimFile(claimDir, engine, instance, me)
}
