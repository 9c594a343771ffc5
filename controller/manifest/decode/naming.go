package decode

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// plainKey matches the names of fields.
var plainKey = regexp.MustCompile(`^[a-z][a-zA-Z]{0,40}$`)

// allFieldNames returns the names of the fields of all structs.
var allFieldNames = sync.OnceValue(func() []string {
	var names []string
	for name := range pathsByName() {
		names = append(names, name)
	}
	return names
})

// names reports whether a message may contain a key's name. What parses as a key can be a part of a value, and so of a
// secret: the part of a value after a comma ({value: a,b}), or a line of a text without indentation. So a key that
// neither is nor resembles the name of a field is named only if no value is near.
func (w *walker) names(p pair, path string) bool {
	key := p.key.Value
	switch {
	case w.quiet, strings.HasPrefix(path, "metadata"), len(elsewhere(key)) > 0,
		habits[strings.ToLower(key)] != "", renamed[strings.ToLower(key)] != "":
		return true
	}
	if w.nearField(key) {
		return true
	}
	inside := path != "" && path != "spec" && specdiff.HoldsSecrets(path) || strings.HasPrefix(path, "spec.env[")
	return !inside && !p.behind && !isNull(resolve(p.value)) && plainKey.MatchString(key)
}

// nearField reports whether a key is a field's name with a typing error. It computes the distances once per key: behind
// aliases one key can be met many thousand times.
func (w *walker) nearField(key string) bool {
	near, known := w.near[key]
	if !known {
		_, near = suggest.Nearest(key, allFieldNames())
		w.near[key] = near
	}
	return near
}

// failKey reports a fault of a key with its name, or only with its place. said is the text in front of the name.
func (w *walker) failKey(p pair, path, said, rest string) {
	if w.names(p, path) {
		w.failNode(p.key, join(path, p.key.Value), said+" "+strconv.Quote(p.key.Value)+rest)
		return
	}
	w.unnamed[place{p.key.Line, p.key.Column}] = true
	w.failNode(p.key, path, said+rest)
}

// opens reports whether the text after a key may be the rest of a secret, because the key is a secret field or
// misspelt.
func opens(key *yaml.Node, path string) bool {
	return specdiff.HoldsSecrets(join(path, key.Value)) || len(elsewhere(key.Value)) == 0
}
