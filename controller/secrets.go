package controller

import (
	"context"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/redact"
)

// secretFree returns an error of the engine, a setup or a probe without the workspace's secrets: what runs inside can
// print its environment, and an engine quotes the command that it could not start. id is the container that the error
// is about, or "": its environment may be that of an older spec.
func secretFree(ctx context.Context, e engine.Reader, in plan.Input, id string, err error) error {
	if err == nil {
		return nil
	}
	var env []string
	var specs []v1alpha1.WorkspaceSpec
	if in.Desired != nil {
		env, specs = slices.Clone(in.Desired.Env), append(specs, in.Desired.Spec)
	}
	if current, record := plan.Current(in); current != nil {
		specs = append(specs, record.WorkspaceSpec)
	}
	if id != "" {
		if seen, inspectErr := e.Inspect(context.WithoutCancel(ctx), id); inspectErr == nil && seen.Details != nil {
			env = append(env, slices.DeleteFunc(slices.Clone(seen.Details.Env), ofImages)...)
		}
	}
	return redact.New(in.Name, env, specs...).Error(err)
}

// ofImages reports whether a NAME=value is one that images set: messages without those would be hard to read. If the
// current manifest or env file sets it, it is masked all the same.
func ofImages(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	return slices.Contains([]string{"PATH", "HOME", "HOSTNAME", "LANG", "TERM"}, name) || strings.HasSuffix(name, "_VERSION")
}
