package main

import (
	"context"
	"log/slog"
)

// levelHandler raises the least level of a handler.
type levelHandler struct {
	slog.Handler
	least slog.Level
}

// Enabled reports whether both this and the inner handler want the level.
func (h levelHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the level.
func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.least}
}

// WithGroup keeps the level.
func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.least}
}
