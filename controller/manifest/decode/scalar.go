package decode

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// The tags of YAML's core schema.
const (
	stringTag    = "!!str"
	intTag       = "!!int"
	floatTag     = "!!float"
	boolTag      = "!!bool"
	nullTag      = "!!null"
	mapTag       = "!!map"
	sequenceTag  = "!!seq"
	mergeTag     = "!!merge"
	timestampTag = "!!timestamp"
)

// yaml11Bools are the words that YAML 1.1, and therefore Kubernetes, reads as booleans, for example Norway's country
// code.
var yaml11Bools = map[string]bool{
	"true": true, "yes": true, "on": true, "y": true,
	"false": false, "no": false, "off": false, "n": false,
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == nullTag }

// asBool reads an unquoted word as YAML 1.1 does.
func asBool(n *yaml.Node) (value, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 {
		return false, false
	}
	switch word := n.Value; word {
	case strings.ToLower(word), strings.ToUpper(word), strings.ToUpper(word[:1]) + strings.ToLower(word[1:]):
		value, ok = yaml11Bools[strings.ToLower(word)]
	}
	return value, ok
}

// kindOf returns the name of a node's kind for messages.
func kindOf(n *yaml.Node) string {
	n = resolve(n)
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if _, ok := asBool(n); ok {
		return "a boolean"
	}
	switch n.Tag {
	case nullTag:
		return "empty"
	case intTag, floatTag:
		return "a number"
	case boolTag:
		return "a boolean"
	}
	return "text"
}

// scalar decodes into a string, a bool or an integer. An empty value counts as absent, except in a list.
func (w *walker) scalar(n *yaml.Node, v reflect.Value, path string) {
	if isNull(n) && !strings.HasSuffix(path, "]") {
		return
	}
	if n.Kind == yaml.ScalarNode && !strings.HasPrefix(n.Tag, "!!") || n.Tag == "!!binary" {
		// A value such as !hunter2 without quotes is a tag.
		w.failNode(n, path, "the tag means nothing here; remove it, or put text that begins with ! in quotes")
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.text(n, v, path)
	case reflect.Bool:
		b, ok := asBool(n)
		if !ok {
			w.failNode(n, path, "want true or false without quotes, is "+kindOf(n))
			return
		}
		v.SetBool(b)
	default:
		w.integer(n, v, path)
	}
}

func (w *walker) text(n *yaml.Node, v reflect.Value, path string) {
	_, boolean := asBool(n)
	if n.Kind == yaml.ScalarNode && !boolean && (n.Tag == stringTag || n.Tag == timestampTag) {
		v.SetString(n.Value)
		return
	}
	kind := kindOf(n)
	if n.Kind != yaml.ScalarNode || isNull(n) {
		w.failNode(n, path, "want text, is "+kind)
		return
	}
	if specdiff.SecretField(path) {
		w.failNode(n, path, "this value is read as "+kind+"; put it in quotes")
		return
	}
	w.failNode(n, path, fmt.Sprintf("%s is read as %s; put it in quotes: %q", n.Value, kind, n.Value))
}

// integer accepts only decimal numbers, because octal, hexadecimal and underscores are easily misread.
func (w *walker) integer(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode || n.Tag != intTag {
		what := kindOf(n)
		if n.Tag == floatTag {
			what = n.Value
		}
		message := "want a whole number without quotes, is " + what
		if i, ok := wholeQuantity(n); ok {
			message += fmt.Sprintf("; write %d", i)
		}
		w.failNode(n, path, message)
		return
	}
	i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
	digits := strings.TrimLeft(n.Value, "+-")
	switch {
	case err != nil && strings.Trim(digits, "0123456789") == "":
		w.failNode(n, path, n.Value+" is out of range")
	case err != nil || len(digits) > 1 && digits[0] == '0':
		w.failNode(n, path, "want a decimal number, is "+n.Value)
	default:
		v.SetInt(i)
	}
}

// wholeQuantity is the number that a text such as "512" or 4k stands for.
func wholeQuantity(n *yaml.Node) (int64, bool) {
	if n.Kind != yaml.ScalarNode || isHuge(n.Value) {
		return 0, false
	}
	q, err := resource.ParseQuantity(n.Value)
	if err != nil {
		return 0, false
	}
	return q.AsInt64()
}

// sizeHabit matches sizes as Docker and users write them: 4GB, 512 mb, 2gi.
var sizeHabit = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([kKmMgGtT])(i?)[bB]?$`)

// Comparing 1e9999999 with anything takes seconds.
var hugeExponent = regexp.MustCompile(`[eE][+-]?[0-9]{3}`)

// maxQuantity is the length of the longest text that is read as a quantity.
const maxQuantity = 64

func isHuge(quantity string) bool {
	return len(quantity) > maxQuantity || hugeExponent.MatchString(quantity)
}

func (w *walker) quantity(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode || n.Tag != stringTag && n.Tag != intTag && n.Tag != floatTag {
		w.failNode(n, path, "want a quantity such as 500m, 2 or 4Gi, is "+kindOf(n))
		return
	}
	if isHuge(n.Value) {
		w.failNode(n, path, "is out of range; write a quantity such as 500m, 2 or 4Gi")
		return
	}
	q, err := resource.ParseQuantity(n.Value)
	if err != nil {
		message := fmt.Sprintf("%q is no quantity such as 500m, 2 or 4Gi", n.Value)
		if m := sizeHabit.FindStringSubmatch(n.Value); m != nil {
			unit := strings.ToUpper(m[2])
			if unit == "K" && m[3] == "" {
				unit = "k"
			}
			message += fmt.Sprintf("; did you mean %q?", m[1]+unit+m[3])
		}
		w.failNode(n, path, message)
		return
	}
	v.Set(reflect.ValueOf(q))
}
