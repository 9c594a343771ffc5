package engine

import "context"

// Guard decides whether an engine may be changed.
type Guard interface {
	// Connected receives each answer of Info. Its error becomes Info's.
	Connected(ctx context.Context, info Info) error
	// Allowed returns nil if the engine may be changed, and else the reason. It is called before each change, also before the
	// first answer of Info.
	Allowed(ctx context.Context) error
}

// Guarded asks the guard before each call of a Writer's method, and passes it each answer of Info.
func Guarded(e Engine, g Guard) Engine {
	return guarded{interceptedWrites(e, func(ctx context.Context, _ call, next func(context.Context) error) error {
		if err := g.Allowed(ctx); err != nil {
			return err
		}
		return next(ctx)
	}), g}
}

type guarded struct {
	Engine
	guard Guard
}

func (x guarded) Info(ctx context.Context) (Info, error) {
	info, err := x.Engine.Info(ctx)
	if err != nil {
		return info, err
	}
	return info, x.guard.Connected(ctx, info)
}
