package main

import (
	"context"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// recorded returns what the labels of a workspace's current container record of its manifest.
func (g *globals) recorded(e engine.Reader, workspace string) (manifest.Recorded, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	containers, err := e.List(ctx, g.instance)
	if err != nil {
		return manifest.Recorded{}, err
	}
	c, record := plan.CurrentOf(g.instance, workspace, containers)
	if c == nil {
		return manifest.Recorded{}, nil
	}
	return manifest.Recorded{File: c.Labels[v1alpha1.LabelSource], Spec: record}, nil
}
