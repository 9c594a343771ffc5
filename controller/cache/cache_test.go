package cache

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// fixture is a cache of an engine in memory. beforeResult runs after the engine answered and before the cache uses the answer.
type fixture struct {
	*testing.T
	*enginetest.Memory
	cache        *Cache
	beforeResult func(op string)
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, Memory: enginetest.NewMemory(enginetest.Options{}), beforeResult: func(string) {}}
	f.cache = New(f, "test", func(c engine.Container) bool { return c.Labels[v1alpha1.LabelInstance] == "test" })
	return f
}

func (f *fixture) List(ctx context.Context, instance string) ([]engine.Container, error) {
	list, err := f.Memory.List(ctx, instance)
	f.beforeResult("list")
	return list, err
}

func (f *fixture) Inspect(ctx context.Context, id string) (engine.Container, error) {
	c, err := f.Memory.Inspect(ctx, id)
	f.beforeResult("inspect")
	return c, err
}

// create starts a container of a workspace and returns its id.
func (f *fixture) create(name, workspace, instance string) string {
	f.Helper()
	id, err := f.Create(f.Context(), engine.ContainerSpec{
		Name: name, Image: "busybox:latest",
		Labels: map[string]string{v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: workspace},
	})
	if err == nil {
		err = f.Start(f.Context(), id)
	}
	if err != nil {
		f.Fatal(err)
	}
	return id
}

func (f *fixture) list(changed ...string) {
	f.Helper()
	got, err := f.cache.List(f.Context())
	if err != nil || !slices.Equal(got, changed) {
		f.Fatalf("List = %v, %v, want %v", got, err, changed)
	}
}

// refresh wants the containers of a workspace with these ids, after a number of inspections.
func (f *fixture) refresh(workspace string, inspections int, ids ...string) []engine.Container {
	f.Helper()
	before := f.Count("Inspect")
	got, err := f.cache.Refresh(f.Context(), workspace)
	var gotIDs []string
	for _, c := range got {
		gotIDs = append(gotIDs, c.ID)
	}
	if n := f.Count("Inspect") - before; err != nil || !slices.Equal(gotIDs, ids) || n != inspections {
		f.Fatalf("Refresh = %v, %v after %d inspections, want %v after %d", gotIDs, err, n, ids, inspections)
	}
	return got
}

func TestListReportsOnlyWhatChanged(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.create("foreign", "web", "other")
	f.list("web")
	f.list()
	if err := f.Stop(t.Context(), web, 0); err != nil {
		t.Fatal(err)
	}
	f.list("web")
	if c := f.refresh("web", 0, web)[0]; c.State == engine.StateRunning {
		t.Errorf("state %s after the list", c.State)
	}
	if err := f.Remove(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	f.list("web")
	f.refresh("web", 0)
	if names := f.cache.Workspaces(); len(names) != 0 {
		t.Errorf("workspaces %v after all containers were removed", names)
	}
}

func TestFailedListChangesNothing(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	f.SetUnavailable(true)
	if _, err := f.cache.List(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Fatalf("List = %v", err)
	}
	f.SetUnavailable(false)
	f.refresh("web", 0, web)
}

func TestEventMakesRefreshInspect(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	if got := f.cache.HandleEvent(engine.Event{ContainerID: web, Action: "die"}); got != "web" {
		t.Fatalf("HandleEvent = %q", got)
	}
	if got := f.cache.Of("web"); len(got) != 0 {
		t.Errorf("Of = %v before the inspection", got)
	}
	if c := f.refresh("web", 1, web)[0]; c.Details == nil {
		t.Error("no details after an inspection")
	}
	if c := f.refresh("web", 0, web)[0]; c.Details != nil {
		t.Error("details were kept")
	}
}

func TestEventOfANewContainer(t *testing.T) {
	f := newFixture(t)
	f.list()
	web := f.create("dual-web", "web", "test")
	labels := map[string]string{v1alpha1.LabelInstance: "test", v1alpha1.LabelWorkspace: "web"}
	for _, e := range []engine.Event{
		{ContainerID: "foreign"},
		{ContainerID: "foreign", Labels: map[string]string{v1alpha1.LabelInstance: "other", v1alpha1.LabelWorkspace: "web"}},
		{ContainerID: "foreign", Labels: map[string]string{v1alpha1.LabelInstance: "test", v1alpha1.LabelWorkspace: "../etc"}},
	} {
		if got := f.cache.HandleEvent(e); got != "" {
			t.Errorf("HandleEvent(%v) = %q", e, got)
		}
	}
	if got := f.cache.HandleEvent(engine.Event{ContainerID: web, Labels: labels}); got != "web" {
		t.Fatalf("HandleEvent = %q", got)
	}
	f.refresh("web", 1, web)
}

// An event may carry the labels of the instance while the container itself, or its successor under that id, does not.
func TestRefreshDropsWhatIsNotOwned(t *testing.T) {
	f := newFixture(t)
	foreign := f.create("foreign", "web", "other")
	f.cache.MarkStale(foreign, "web")
	f.refresh("web", 1)
	f.refresh("web", 0)
	f.cache.MarkStale("gone", "web")
	f.refresh("web", 1)
	if names := f.cache.Workspaces(); len(names) != 0 {
		t.Errorf("workspaces %v", names)
	}
}

func TestFailedInspectionIsMadeAgain(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	f.cache.MarkStale(web, "web")
	f.SetUnavailable(true)
	if _, err := f.cache.Refresh(t.Context(), "web"); !errors.Is(err, engine.ErrUnavailable) {
		t.Fatalf("Refresh = %v", err)
	}
	f.SetUnavailable(false)
	f.refresh("web", 1, web)
}

func TestEventDuringAnInspectionCounts(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	f.cache.MarkStale(web, "web")
	f.beforeResult = func(string) { f.cache.MarkStale(web, "web") }
	f.refresh("web", 1, web)
	f.beforeResult = func(string) {}
	f.refresh("web", 1, web)
}

// What was learned while a list was under way is newer than its result.
func TestEventDuringAListCounts(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	f.beforeResult = func(op string) {
		if op == "list" {
			f.beforeResult = func(string) {}
			if err := errors.Join(f.Stop(t.Context(), web, 0), f.Remove(t.Context(), web)); err != nil {
				t.Error(err)
			}
			f.cache.HandleEvent(engine.Event{ContainerID: web, Action: "destroy"})
			f.refresh("web", 1)
		}
	}
	f.list()
	f.refresh("web", 0)
}

func TestLimits(t *testing.T) {
	f := newFixture(t)
	web := f.create("dual-web", "web", "test")
	f.list("web")
	f.cache.HandleEvent(engine.Event{ContainerID: web, Action: "die"})
	if f.cache.LimitsUnknown(web) {
		t.Error("an event that changes no limits made them unknown")
	}
	f.cache.HandleEvent(engine.Event{ContainerID: web, Action: "update"})
	if !f.cache.LimitsUnknown(web) {
		t.Error("limits known after an update")
	}
	f.cache.LimitsKnown(web)
	if f.cache.LimitsUnknown(web) {
		t.Error("limits unknown after they were found to be right")
	}
	if got := f.cache.ForgetLimits(append(f.cache.IDs(), "gone")); !slices.Equal(got, []string{"web"}) || !f.cache.LimitsUnknown(web) {
		t.Errorf("ForgetLimits = %v", got)
	}
}
