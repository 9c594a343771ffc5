package decode

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// pair is a key and its value in a mapping.
type pair struct {
	key, value *yaml.Node
	// behind is set if the key is at a place where the rest of a secret field's value may be.
	behind bool
}

// pairs returns the entries of a mapping in order: its own, then those that it merges (<<) and does not have itself. It
// reports duplicate keys, and omits the second one.
func (w *walker) pairs(n *yaml.Node, path string) []pair {
	var own []pair
	var merges []*yaml.Node
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	after := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			merges = append(merges, value)
			continue
		}
		if key.Kind == yaml.AliasNode {
			key = &yaml.Node{Kind: key.Alias.Kind, Tag: key.Alias.Tag, Value: key.Alias.Value, Line: key.Line, Column: key.Column}
		}
		if key.Kind != yaml.ScalarNode {
			w.failNode(key, path, "want a plain key, is "+kindOf(key))
			continue
		}
		p := pair{key, value, after}
		after = after || opens(key, path)
		if first, ok := seen[key.Value]; ok {
			w.failKey(p, path, "duplicate key", fmt.Sprintf(", first written on line %d; keep one of them", first.Line))
			continue
		}
		seen[key.Value] = key
		own = append(own, p)
	}
	for _, merge := range merges {
		for _, p := range w.merged(merge, path) {
			if _, ok := seen[p.key.Value]; !ok {
				seen[p.key.Value] = p.key
				own = append(own, p)
			}
		}
	}
	return own
}

// merged returns the entries after <<: those of a mapping, or of a list of mappings of which the first takes
// precedence.
func (w *walker) merged(n *yaml.Node, path string) []pair {
	if n.Kind == yaml.AliasNode {
		if w.open[n.Alias] {
			w.failNode(n, path, "the alias contains itself")
			return nil
		}
		w.open[n.Alias] = true
		defer delete(w.open, n.Alias)
		n = n.Alias
	}
	if !w.spend(n, path) {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		for range n.Content {
			if !w.spend(n, path) {
				return nil
			}
		}
		return w.pairs(n, path)
	case yaml.SequenceNode:
		var all []pair
		for _, item := range n.Content {
			if resolve(item).Kind == yaml.SequenceNode {
				w.failNode(item, path, "<< wants a mapping or a list of mappings")
				continue
			}
			all = append(all, w.merged(item, path)...)
		}
		return all
	}
	w.failNode(n, path, "<< wants a mapping or a list of mappings, is "+kindOf(n))
	return nil
}

// quietPairs is pairs without reporting faults, for looking ahead.
func (w *walker) quietPairs(n *yaml.Node) []pair {
	quiet := newWalker("")
	quiet.quiet = true
	own := quiet.pairs(n, "")
	for _, e := range quiet.faults {
		// List a duplicate key twice.
		for _, p := range own {
			if e.Field == p.key.Value {
				own = append(own, p)
				break
			}
		}
	}
	return own
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Tag == mergeTag }

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}
