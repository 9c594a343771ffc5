package enginetest_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryContract(t *testing.T) {
	enginetest.Contract(t, func(*testing.T) enginetest.Harness {
		m := enginetest.NewMemory(enginetest.Options{Address: "unix:///memory.sock"})
		enginetest.ContractPrograms(m)
		m.AddNetwork("second")
		m.AddImage("volumes:latest", enginetest.ImageOptions{Volumes: []string{"/data"}})
		away := enginetest.NewMemory(enginetest.Options{})
		away.SetUnavailable(true)
		operator := m.Operator()
		by := func(f func(string) error) func(context.Context, string) error {
			return func(_ context.Context, id string) error { return f(id) }
		}
		return enginetest.Harness{
			Run:    "contract",
			Engine: m, Image: "busybox:latest", VolumeImage: "volumes:latest", Network: "second",
			Pause: by(operator.Pause), Kill: by(operator.Kill), Destroy: by(operator.Remove),
			Disconnect:  func(_ context.Context, id, network string) error { return operator.Disconnect(id, network) },
			Unreachable: away, Address: "memory://",
		}
	})
}
