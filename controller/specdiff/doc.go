// Package specdiff compares the spec that a container was made from with the one that its manifest asks for. It holds
// the last-applied spec (the label dual.dev/spec), its changes with what each of them takes, and which values are never
// shown.
package specdiff
