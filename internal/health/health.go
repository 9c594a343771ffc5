// Package health answers requests for the health of the controller.
package health

import (
	"fmt"
	"net/http"
)

// Handler answers 200 ok if check returns nil, and else 503 with the error.
func Handler(check func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}
