package uitest

import (
	"context"
	"net/http"
	"testing"
)

// The 33rd page says that there are too many, and comes up when one is closed.
func TestPageSaysWhyItIsRefused(t *testing.T) {
	w := newWorld(running("a"))
	url, stop := w.serve(t, "127.0.0.1:0", "1")
	defer stop()
	var closers []func()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 32 {
		ctx, cancel := context.WithCancel(context.Background())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("stream: %v, %v", res, err)
		}
		closers = append(closers, func() {
			cancel()
			_ = res.Body.Close()
		})
	}
	p := Open(t, url)
	p.Expect("503")
	p.Shows("#link-text", "32 pages are open already: close one")
	for _, end := range closers {
		end()
	}
	p.Shows("#link-text", "Live")
	p.Shows("#sums", "1 of 1 ready")
}

// Esc clears the filter, whether or not the browser does so by itself, and leaves it when it is empty.
func TestPageFilterIsCleared(t *testing.T) {
	p := show(t, newWorld(running("apple"), running("zebra")))
	p.Becomes("document.title", "2/2 ready")
	p.Press("/")
	p.Press("zebra")
	p.Shows("#shown", "1 of 2")
	Ask[bool](p, `document.getElementById("filter").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", cancelable: true}))`)
	p.Becomes(`document.getElementById("filter").value + "|" + document.activeElement.id`, "|filter")
	Ask[bool](p, `document.getElementById("filter").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", cancelable: true}))`)
	p.Becomes(`document.activeElement.tagName`, "BODY")
}
