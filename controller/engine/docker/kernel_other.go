//go:build !linux

package docker

// kernel is unknown where no container can run on it.
func kernel() string { return "" }
