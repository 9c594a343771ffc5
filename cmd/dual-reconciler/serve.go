package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
)

// serve answers on l until the returned function has cut off whoever still reads. what names it in the log.
func serve(what string, s *http.Server, l net.Listener) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error(what+" is not served any more", "error", err)
		}
	}()
	return func() {
		_ = s.Close() // After a Shutdown it has nothing left to close; readers of streams never end by themselves.
		<-done
	}
}
