package enginetest

import (
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// testInvalidNames: labels whose workspace is no valid name make nothing the instance's, wherever they come in.
func testInvalidNames(s *suite) {
	stream := s.events(time.Time{})
	names := []string{"", "../../x", "a/b", ".", "UPPER", "a b", "a\x1b[2J", strings.Repeat("a", v1alpha1.MaxNameLength+1)}
	ids := map[string]bool{}
	for i, name := range names {
		spec := s.spec("invalid-"+string(rune('a'+i)), forever)
		spec.Labels = map[string]string{
			v1alpha1.LabelInstance: s.instance, v1alpha1.LabelWorkspace: name, v1alpha1.LabelManifests: "/", "team": "web",
		}
		id := s.create(spec)
		ids[id] = true
		if labels := s.inspect(id).Labels; labels["team"] != "web" || labels[v1alpha1.LabelInstance] != "" ||
			labels[v1alpha1.LabelWorkspace] != "" || labels[v1alpha1.LabelManifests] != "" {
			s.Errorf("Inspect of workspace %q shows the labels %v", name, labels)
		}
	}
	list, err := s.Engine.List(s.ctx, s.instance)
	s.must(err)
	if len(list) != 0 {
		s.Errorf("List shows %v", list)
	}
	volume := s.unique("invalid")
	s.Cleanup(func() { s.dropVolume(volume) })
	s.must(s.Engine.CreateVolume(s.ctx, volume, map[string]string{
		v1alpha1.LabelInstance: s.instance, v1alpha1.LabelWorkspace: "../x",
	}))
	volumes, err := s.Engine.Volumes(s.ctx, s.instance)
	s.must(err)
	if len(volumes) != 0 {
		s.Errorf("Volumes shows %v", volumes)
	}
	for len(ids) > 0 {
		select {
		case e, open := <-stream.C():
			if !open {
				s.Fatalf("the stream ended: %v", stream.Err())
			}
			if ids[e.ContainerID] && e.Labels[v1alpha1.LabelInstance] != "" {
				s.Errorf("event %s shows the labels %v", e.Action, e.Labels)
			}
			if e.Action == "create" {
				delete(ids, e.ContainerID)
			}
		case <-s.ctx.Done():
			s.Fatalf("no event of %d containers", len(ids))
		}
	}
}
