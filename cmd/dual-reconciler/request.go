package main

import "fmt"

// request asks a running controller about each workspace, and says so; what names what was asked for.
func request(names []string, what string, ask func(name string) error) error {
	for _, name := range names {
		stop := sayLate()
		err := ask(name)
		stop()
		if err != nil {
			return err
		}
		reportEach([]string{name}, what+" requested")
	}
	return nil
}

// reportEach says of each workspace what was done, as kubectl does.
func reportEach(names []string, done string) {
	for _, name := range names {
		fmt.Fprintf(stdout, "workspace.dual.dev/%s %s\n", name, done)
	}
}
