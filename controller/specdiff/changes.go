package specdiff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Changes returns what differs between the last-applied and the desired spec of the workspace name, sorted by field.
// Both are defaulted by this release and compared by meaning: 2 is 2000m, busybox is docker.io/library/busybox:latest,
// the order of variables, mounts and capabilities does not count, and what is empty is what is absent.
func Changes(applied, desired LastApplied, name string) []Change {
	before, after := describe(applied, name), describe(desired, name)
	if (applied.LivenessProbe == nil) != (desired.LivenessProbe == nil) {
		// A probe that came or went is one change, not one for each of its fields.
		before.collapse("spec.livenessProbe")
		after.collapse("spec.livenessProbe")
	}
	var changes []Change
	either := maps.Clone(before)
	maps.Copy(either, after)
	for field, v := range either {
		old, new := before[field], after[field]
		if old.key == new.key {
			continue
		}
		c := Change{Field: shownField(field), Class: v.class, Content: v.content}
		if !v.content {
			c.Old, c.New = cmp.Or(old.shown, unset), cmp.Or(new.shown, unset)
		}
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Field, b.Field) })
	return changes
}

// shownField returns the path of a field as messages have it.
func shownField(field string) string {
	if name, ok := strings.CutPrefix(field, "spec.env["); ok {
		return "spec.env[" + v1alpha1.ShownName(strings.TrimSuffix(name, "]")) + "]"
	}
	return field
}
