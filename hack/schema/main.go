// Command schema derives the JSON Schema for editors (stdout) from the CRD (stdin).
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

type object = map[string]any

func run(in io.Reader, out io.Writer) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read CRD: %w", err)
	}
	var crd struct {
		Spec struct {
			Group string
			Names struct{ Kind string }
			// Versions: the API has one.
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema object `json:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(data, &crd); err != nil {
		return fmt.Errorf("parse CRD: %w", err)
	}
	if len(crd.Spec.Versions) != 1 {
		return fmt.Errorf("parse CRD: want one version, have %d", len(crd.Spec.Versions))
	}
	version := crd.Spec.Versions[0]
	schema, err := manifest(version.Schema.OpenAPIV3Schema, crd.Spec.Group+"/"+version.Name, crd.Spec.Names.Kind)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(schema)
}

// manifest narrows the schema of the API object to what may stand in a file.
func manifest(root object, apiVersion, kind string) (object, error) {
	properties, ok := root["properties"].(object)
	if !ok {
		return nil, errors.New("parse CRD: its schema has no properties")
	}
	delete(properties, "status")
	properties["apiVersion"] = object{"const": apiVersion, "description": "apiVersion of this schema."}
	properties["kind"] = object{"const": kind, "description": "kind of this schema."}
	properties["metadata"] = metadata()
	root = convert("", root)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"] = "https://" + apiVersion + "/workspace.schema.json"
	root["title"] = kind + " (" + apiVersion + ")"
	root["required"] = []string{"apiVersion", "kind", "metadata", "spec"}
	return root, nil
}

// metadata is opaque in a CRD: the API server knows it. An editor does not.
func metadata() object {
	text := func(description string) object {
		return object{"type": "object", "description": description, "additionalProperties": object{"type": "string"}}
	}
	labels := text("labels that selectors match.")
	labels["additionalProperties"] = object{"type": "string", "maxLength": 63, "pattern": "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"}
	labels["propertyNames"] = object{"not": object{"pattern": "^dual\\.dev/"}}
	annotations := text("annotations; dual.dev/reconcile: disabled pauses the loop for this workspace.")
	annotations["properties"] = object{"dual.dev/reconcile": object{"enum": []string{"disabled", "enabled"}}}
	annotations["propertyNames"] = object{"anyOf": []object{{"const": "dual.dev/reconcile"}, {"not": object{"pattern": "^dual\\.dev/"}}}}
	return object{
		"type":        "object",
		"description": "metadata of the workspace.",
		"required":    []string{"name"},
		"properties": object{
			"name": object{
				"type": "string", "minLength": 1, "maxLength": 53, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
				"description": "name of the workspace: a DNS-1123 label of at most 53 characters, unique in the instance.",
			},
			"labels":      labels,
			"annotations": annotations,
		},
	}
}

// convert turns a structural schema of Kubernetes into draft-07: objects are closed, and extensions are written out.
func convert(path string, s object) object {
	out := object{}
	if s["x-kubernetes-int-or-string"] == true {
		out = object{"type": []string{"string", "number"}, "pattern": s["pattern"], "description": s["description"]}
		fromCEL(s, out)
		maps.Copy(out, rules[path])
		return out
	}
	for key, v := range s {
		switch key {
		case "properties":
			properties := object{}
			for name, p := range v.(object) {
				properties[name] = convert(strings.TrimPrefix(path+"."+name, "."), p.(object))
			}
			out[key] = properties
			if _, open := s["additionalProperties"]; !open {
				out["additionalProperties"] = false
			}
		case "items":
			out[key] = convert(path+"[]", v.(object))
		case "x-kubernetes-list-type":
			if v == "set" {
				out["uniqueItems"] = true
			}
		case "x-kubernetes-list-map-keys", "x-kubernetes-validations", "format":
			// No editor knows them, and int32 and int64 say nothing that a manifest could violate by accident.
		default:
			out[key] = v
		}
	}
	fromCEL(s, out)
	maps.Copy(out, rules[path])
	return out
}
