package verify

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// hung is an engine that accepts a question and never answers: one stuck container is enough for that.
type hung struct{ *enginetest.Memory }

func (hung) Info(ctx context.Context) (engine.Info, error) {
	<-ctx.Done()
	return engine.Info{}, ctx.Err()
}

func TestCheckDoesNotWaitForAHungEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{
			Loop:   controller.Options{Engine: hung{enginetest.NewMemory(enginetest.Options{})}},
			Prefix: "arch-net", Workspaces: DefaultWorkspaces,
		}
		if err := o.Check(context.Background()); err == nil || !strings.Contains(err.Error(), "does not answer within 1m0s") {
			t.Errorf("Check = %v", err)
		}
	})
}
