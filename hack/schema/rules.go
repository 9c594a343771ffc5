package main

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

var (
	absent  = object{"maxLength": 0}
	written = object{"minLength": 1}
	never   = object{"not": object{}}
)

// rules are, by path, what the CRD says in CEL and draft-07 says in other words. A test of the API compares both with
// its validation.
var rules = map[string]object{
	"spec": {
		"if": object{"required": []string{"source"}},
		"then": object{"properties": object{"mounts": object{"items": object{"properties": object{
			"target": object{"not": object{"pattern": "^/+workspace/*$"}},
		}}}}},
	},
	"spec.mounts[]": {"allOf": []object{
		ofType(object{"const": "bind"}, []string{"type"}, object{
			"required": []string{"source"}, "properties": object{"source": written, "name": absent, "tmpfs": never},
		}),
		ofType(object{"const": "tmpfs"}, []string{"type"}, object{"properties": object{"source": absent, "name": absent}}),
		// A mount without a type is a volume.
		ofType(object{"const": "volume"}, []string{}, object{
			"required": []string{"name"}, "properties": object{"name": written, "source": absent, "tmpfs": never},
		}),
	}},
	// In the CRD this rule would cost more than an API server allows.
	"spec.mounts[].tmpfs.size": {"minimum": 1},
	"spec.network":             {"not": object{"pattern": "^([hH][oO][sS][tT]|[dD][eE][fF][aA][uU][lL][tT])$"}},
}

func ofType(is object, required []string, then object) object {
	return object{"if": object{"properties": object{"type": is}, "required": required}, "then": then}
}

var (
	leastQuantity = regexp.MustCompile(`quantity\('([^']+)'\)\) >= 0$`)
	noneMatches   = regexp.MustCompile(`^self\.all\(a, !a\.matches\('([^']+)'\)\)$`)
)

// fromCEL translates the rules of CEL that draft-07 has a word for: the least of a quantity that is written as a
// number, and a pattern that no item may match.
func fromCEL(s, out object) {
	list, _ := s["x-kubernetes-validations"].([]any)
	for _, entry := range list {
		rule := strings.Join(strings.Fields(entry.(object)["rule"].(string)), " ")
		if m := leastQuantity.FindStringSubmatch(rule); m != nil {
			least := resource.MustParse(m[1])
			out["minimum"] = least.AsApproximateFloat64()
		}
		if m := noneMatches.FindStringSubmatch(rule); m != nil {
			out["items"].(object)["not"] = object{"pattern": m[1]}
		}
	}
}
