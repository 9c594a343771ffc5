package e2e

import (
	"fmt"
	"testing"
)

// TestEightWorkspacesOnOnePort is what the program is for: all of them bind :3000 at the same time.
func TestEightWorkspacesOnOnePort(t *testing.T) {
	b := newBench(t)
	for n := range 8 {
		short := fmt.Sprintf("w%d", n)
		b.Write(short+".yaml", b.manifest(short, "image: busybox", `command: ["sh", "-c"]`,
			`args: ["mkdir /www && hostname >/www/index.html && exec httpd -f -p 3000 -h /www"]`, "terminationGracePeriodSeconds: 1"))
	}
	b.Apply(0)
	for n := range 8 {
		short := fmt.Sprintf("w%d", n)
		b.Eventually(short+" serves its own name on :3000", func() string {
			page, err := b.tryInside(short, "wget", "-qO-", "http://localhost:3000")
			if err != nil || page != b.Name(short) {
				return page
			}
			return ""
		})
		if ports := b.docker("port", b.Container(short)); ports != "" {
			t.Errorf("%s publishes %s", short, ports)
		}
	}
}
