//go:build !linux

package instance

// Claim makes this process the only one on this machine that works on an instance of an engine, until release is called. It
// returns a *HeldError if another process does.
func Claim(engine, instance string, self Holder) (release func(), err error) {
	return claimFile(sharedDir, engine, instance, self)
}
