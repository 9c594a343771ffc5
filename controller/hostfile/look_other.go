//go:build !linux

package hostfile

func look(path string) (File, error) { return lookPortable(path) }
