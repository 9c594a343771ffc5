// Package count writes numbers of things.
package count

import "strconv"

// Of is a number of things in words: 1 workspace, 2 workspaces.
func Of(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
