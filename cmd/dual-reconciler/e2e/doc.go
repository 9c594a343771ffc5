// Package e2e holds the end-to-end tests: they run the built binary against the real engine, edit real files and real git
// repositories, and kill real processes. Each test has an instance of its own and leaves nothing of it behind.
package e2e
