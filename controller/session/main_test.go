package session

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// env is an engine with the resolver of workspace web.
type env struct {
	*testing.T
	engine    *enginetest.Shell
	manifests map[string]*manifest.Workspace
	// condition is what the running controller reports.
	condition string
	notices   chan string
	signals   chan os.Signal
}

func newEnv(t *testing.T) *env {
	return &env{
		T: t, engine: enginetest.NewShell(enginetest.NewMemory(enginetest.Options{})),
		manifests: map[string]*manifest.Workspace{}, notices: make(chan string, 100), signals: make(chan os.Signal, 1),
	}
}

func (e *env) resolver() *Resolver {
	return &Resolver{
		Engine: e.engine, Instance: "default", Workspace: "web", Directory: "/m",
		Manifests: func(context.Context) map[string]*manifest.Workspace { return e.manifests },
		Condition: func(context.Context) string { return e.condition },
		Notice:    func(line string) { e.notices <- line },
	}
}

// manifest adds the manifest of a workspace.
func (e *env) manifest(name string, state v1alpha1.State) {
	e.manifests[name] = &manifest.Workspace{Spec: v1alpha1.WorkspaceSpec{Image: "busybox", State: state}}
}

// create creates a container of a workspace of an instance.
func (e *env) create(instance, workspace string) string {
	e.Helper()
	id, err := e.engine.Create(e.Context(), engine.ContainerSpec{
		Name: "dual-web", Image: "busybox", Network: "bridge", Labels: map[string]string{
			v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: workspace,
			v1alpha1.LabelSpec: `{"image":"busybox"}`,
		},
	})
	if err != nil {
		e.Fatal(err)
	}
	return id
}

// start creates and starts the container of web.
func (e *env) start() string {
	e.Helper()
	id := e.create("default", "web")
	if err := e.engine.Start(e.Context(), id); err != nil {
		e.Fatal(err)
	}
	return id
}
