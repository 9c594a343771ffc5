package controller

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// hostile are labels that a container of somebody else may carry.
func hostile() map[string]map[string]string {
	labels := func(workspace, spec string) map[string]string {
		return map[string]string{
			v1alpha1.LabelInstance: "test", v1alpha1.LabelWorkspace: workspace, v1alpha1.LabelManifests: directory,
			v1alpha1.LabelSource: "../../etc/passwd", v1alpha1.LabelSpec: spec,
		}
	}
	const spec = `{"image":"busybox:latest"}`
	return map[string]map[string]string{
		"path":        labels("../../../escaped", spec),
		"absolute":    labels("/tmp/escaped", spec),
		"dots":        labels("..", spec),
		"empty":       labels("", spec),
		"control":     labels("a\x1b[2J", spec),
		"capitals":    labels("Web", spec),
		"long":        labels(strings.Repeat("a", v1alpha1.MaxNameLength+1), spec),
		"no record":   labels("web", ""),
		"bad record":  labels("web", "{"),
		"copied":      labels("web", spec), // As docker commit copies them: the name is not one that is given.
		"copied, too": labels("api", spec),
	}
}

func TestLabelsOfOthersMakeNoWorkspace(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.set("web", image("a:1"))
		r.start()
		r.apply()
		for name, labels := range hostile() {
			id, err := r.engine.Create(t.Context(), engine.ContainerSpec{
				Name: "foreign-" + strings.Trim(strings.ReplaceAll(name, " ", "-"), ","), Image: "busybox:latest", Labels: maps.Clone(labels),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.engine.Start(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		r.rest(time.Minute)
		var names []string
		for _, ws := range r.Workspaces() {
			names = append(names, ws.Name)
		}
		if len(names) != 1 || names[0] != "web" {
			t.Errorf("workspaces %q, want web alone", names)
		}
		r.source.remove("web")
		r.apply()
		r.rest(time.Minute)
		if n := len(r.engine.All()); n != len(hostile()) {
			t.Errorf("%d containers are left, want the %d of others", n, len(hostile()))
		}
		if ws := r.Workspaces(); len(ws) != 0 {
			t.Errorf("workspace %s is left", ws[0].Name)
		}
		err := filepath.WalkDir(filepath.Dir(r.dir), func(path string, d os.DirEntry, err error) error {
			if strings.Contains(path, "escaped") {
				t.Errorf("a label's name became %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
