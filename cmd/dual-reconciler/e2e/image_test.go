package e2e

import (
	"fmt"
	"os/exec"
)

// volumeImage makes an image that declares /data a volume, and removes it at the end of the test: containers of it have an
// anonymous volume each.
func (b *bench) volumeImage() string {
	b.Helper()
	image := "dual-e2e-volume:" + b.Instance
	source := "dual-e2e-rootfs-" + b.Instance
	pipeline := fmt.Sprintf(`docker create --name %[1]s busybox >/dev/null && docker export %[1]s | docker import --change 'VOLUME /data' - %[2]s; docker rm -fv %[1]s`,
		source, image)
	if out, err := exec.Command("sh", "-ec", pipeline).CombinedOutput(); err != nil {
		b.Fatalf("make an image with a volume: %v\n%s", err, out)
	}
	b.Cleanup(func() {
		b.sweep() // An image in use would lose its name only.
		if out, err := b.tryDocker("rmi", image); err != nil {
			b.Errorf("clean up: %s", out)
		}
	})
	return image
}
