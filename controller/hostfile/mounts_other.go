//go:build !linux

package hostfile

// Mounts returns nothing: the containers run in a virtual machine.
func (Host) Mounts(int, string, map[string]string) map[string]Mount { return nil }
