package v1alpha1

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"sigs.k8s.io/yaml"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.CompileString("workspace.schema.json", string(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// manifestOf returns a manifest with this spec, as an editor reads it. A spec that names no image gets one.
func manifestOf(t *testing.T, spec string) map[string]any {
	t.Helper()
	var s map[string]any
	if err := yaml.Unmarshal([]byte(spec), &s); err != nil {
		t.Fatal(err)
	}
	if _, ok := s["image"]; !ok {
		s["image"] = "node:22"
	}
	return map[string]any{"apiVersion": APIVersion, "kind": Kind, "metadata": map[string]any{"name": "shop"}, "spec": s}
}

// onlyInGo are the faults that a schema cannot express, with the reason.
var onlyInGo = map[string]string{
	"image: Node:22": "an image reference has a grammar of its own",
	"env: [{name: A, value: s3cret}, {name: A, value: x}]":             "draft-07 has no keys of a list; listType=map says it in the CRD",
	"mounts: [{name: v1, target: /a}, {name: v2, target: /a/}]":        "targets are compared as paths",
	"mounts: [{name: v1, target: /a/..}]":                              "targets are compared as paths",
	"livenessProbe: {exec: {command: ['']}}":                           "only CEL sees the first item",
	"resources: {limits: {cpu: 1.0005}}":                               "CEL cannot round a quantity",
	"resources: {limits: {cpu: 1G}}":                                   "the most that an engine counts; no manifest needs it",
	"resources: {limits: {memory: 512m}}":                              "draft-07 compares numbers only, CEL says it in the CRD",
	"resources: {limits: {memory: 7000000.5}}":                         "CEL cannot round a quantity",
	"securityContext: {capabilities: {drop: [KILL, CAP_KILL]}}":        "a set compares names as they are written",
	"securityContext: {capabilities: {add: [KILL], drop: [CAP_KILL]}}": "draft-07 cannot compare two lists, CEL says it in the CRD",
}

// What the program refuses, an editor marks.
func TestSchemaRefusesWhatValidateRefuses(t *testing.T) {
	schema := compiledSchema(t)
	for _, tt := range invalidSpecs {
		err := schema.Validate(manifestOf(t, tt.spec))
		_, excused := onlyInGo[tt.spec]
		if (err == nil) != excused {
			t.Errorf("%s: the schema says %v; a reason to accept it: %v", tt.spec, err, excused)
		}
	}
}

// What the program accepts, no editor marks.
func TestSchemaAcceptsWhatValidateAccepts(t *testing.T) {
	schema := compiledSchema(t)
	full, err := json.Marshal(fullSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range append(slices.Clone(validSpecs), string(full)) {
		if strings.Contains(spec, "periodSeconds: 0") {
			continue // A number that stands for the default is marked: there is no reason to write it.
		}
		if err := schema.Validate(manifestOf(t, spec)); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestSchemaOfMetadata(t *testing.T) {
	schema := compiledSchema(t)
	for metadata, valid := range map[string]bool{
		"name: shop": true, "name: Feat_Auth": false, "name: " + strings.Repeat("a", 53): true, "name: " + strings.Repeat("a", 54): false, "{}": false,
		"{name: shop, labels: {team: web}}": true, "{name: shop, labels: {team: a b}}": false, "{name: shop, labels: {dual.dev/instance: x}}": false,
		"{name: shop, annotations: {dual.dev/reconcile: disabled}}": true, "{name: shop, annotations: {dual.dev/reconcile: disable}}": false,
		"{name: shop, annotations: {dual.dev/reconsile: disabled}}": false, "{name: shop, annotations: {note: anything}}": true,
		"{name: shop, namespace: x}": false,
	} {
		m := manifestOf(t, "{}")
		var in map[string]any
		if err := yaml.Unmarshal([]byte(metadata), &in); err != nil {
			t.Fatal(err)
		}
		m["metadata"] = in
		if err := schema.Validate(m); (err == nil) != valid {
			t.Errorf("%s: %v, want valid: %v", metadata, err, valid)
		}
	}
}

// The rules of the CRD in CEL hold the same bounds as the validation.
func TestCELAgreesWithValidation(t *testing.T) {
	crd := strings.ReplaceAll(strings.Join(strings.Fields(string(CRD())), " "), "''", "'") // YAML doubles quotes.
	for _, want := range []string{
		"self.metadata.name.size() <= 53", "quantity('" + minCPU.String() + "')", "quantity('" + minMemory.String() + "')",
		"(" + strings.Join(privilegedCapabilities, "|") + ")", "m.target.matches('^/+" + strings.Trim(SourceTarget, "/") + "/*$')",
		"pattern: " + capabilityPattern.String(), "self.type == 'bind' ? has(self.source)", "self.type == 'volume' ? has(self.name)",
		"!has(self.tmpfs) || self.type == 'tmpfs'", "self.drop.exists(", "['host', 'default']",
	} {
		if !strings.Contains(crd, want) {
			t.Errorf("the CRD does not hold %s", want)
		}
	}
	rules := regexp.MustCompile(`- message: `).FindAllString(crd, -1)
	if len(rules) < 11 {
		t.Errorf("%d rules in CEL", len(rules))
	}
}
