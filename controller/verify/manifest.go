package verify

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// script is the server of a workspace: busybox's own where it has one, and else the experiment's loop around nc, as on
// Alpine. Somebody else's httpd takes other arguments, so the applet is asked for by its multi-call name.
const script = `mkdir -p /tmp/www && cd /tmp/www && printf '%%s\n' %[1]s >index.html && cp index.html %[2]s || exit 1
if busybox --list 2>/dev/null | grep -qx httpd; then exec busybox httpd -f -p %[3]d -h /tmp/www; fi
command -v nc >/dev/null || { echo "the image has neither busybox httpd nor nc" >&2; exit 127; }
while true; do printf 'HTTP/1.1 200 OK\r\nContent-Length: %[4]d\r\nConnection: close\r\n\r\n%[1]s' | nc -l -p %[3]d >/dev/null || sleep 0.2; done`

// manifest of workspace i. The file with the instance's name is how a workspace is told from any other server.
func (o Options) manifest(i int) ([]byte, error) {
	id := identity(i)
	return yaml.Marshal(map[string]any{
		"apiVersion": "dual.dev/v1alpha1",
		"kind":       "Workspace",
		"metadata":   map[string]any{"name": o.name(i)},
		"spec": map[string]any{
			"image": o.Image, "imagePullPolicy": "Never", "network": network,
			"command": []string{"sh", "-c"}, "args": []string{fmt.Sprintf(script, id, o.Loop.Instance, port, len(id))},
			// The servers have nothing to save.
			"terminationGracePeriodSeconds": 1,
		},
	})
}

// write puts a manifest in place as a whole: a file that looks half-written would be waited for.
func (o Options) write(i int) error {
	data, err := o.manifest(i)
	if err != nil {
		return err
	}
	tmp := filepath.Join(o.Loop.Directory, ".new")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(o.Loop.Directory, o.file(i)))
}

func (o Options) file(i int) string { return o.name(i) + ".yaml" }
