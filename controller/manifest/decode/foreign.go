package decode

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// othersDocument returns why a mapping is not a workspace, if it has neither the kind and the fields of a manifest nor
// an apiVersion that equals or resembles ours. It returns the empty string if the mapping may be meant as a workspace.
func (w *walker) othersDocument(root *yaml.Node) string {
	kind, version := w.textOf(root, "kind"), w.textOf(root, "apiVersion")
	if version != "" {
		group, _, _ := strings.Cut(version, "/")
		ours, _, _ := strings.Cut(v1alpha1.APIVersion, "/")
		_, near := suggest.Nearest(version, []string{v1alpha1.APIVersion})
		_, nearGroup := suggest.Nearest(group, []string{ours})
		if group == ours || near || nearGroup || strings.Contains(v1alpha1.APIVersion, version) && version != "v1" {
			return ""
		}
		return "this is no workspace, its apiVersion is " + version
	}
	if kind != "" || w.only(root, "spec") != nil && w.only(root, "metadata") != nil {
		return ""
	}
	return "this is no workspace, it has neither apiVersion nor kind"
}

// textOf returns the text of a key that a mapping has exactly once, otherwise the empty string.
func (w *walker) textOf(root *yaml.Node, key string) string {
	if n := w.only(root, key); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}
