// Package plan decides what to do about one workspace. It is pure: desired state, observed state, memory and the time
// go in, steps with their causes come out, and nothing is called. The loop, apply and diff share it; execution
// carries no decisions.
package plan
