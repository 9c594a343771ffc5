package main

import (
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// quietWait is how long a verb waits for a file before it says so.
const quietWait = 500 * time.Millisecond

// sayWaiting returns what says on stderr what a verb waits for, once it has waited for a while.
func sayWaiting() func(manifest.Unsettled) {
	began := time.Now()
	told := map[string]bool{}
	return func(u manifest.Unsettled) {
		if time.Since(began) >= quietWait && !told[u.File] {
			told[u.File] = true
			fmt.Fprintln(stderr, u)
		}
	}
}
