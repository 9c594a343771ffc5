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

// plainKey is how fields are named.
var plainKey = regexp.MustCompile(`^[a-z][a-zA-Z]{0,40}$`)

// allFieldNames are those of every struct.
var allFieldNames = sync.OnceValue(func() []string {
	var names []string
	for name := range pathsByName() {
		names = append(names, name)
	}
	return names
})

// names reports whether a message may have a key's name. A key can be a value in truth, and a value a secret: the rest of one
// that a comma cut in two ({value: a,b}), or a line of a text that is not indented. So a key that is no field's name, nor
// nearly one, is named only where no value is around.
func (w *walker) names(p pair, path string) bool {
	key := p.key.Value
	switch {
	case w.quiet, strings.HasPrefix(path, "metadata"), len(elsewhere(key)) > 0, habits[strings.ToLower(key)] != "":
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

// failKey reports a fault of a key: with its name, or else by its place alone. said is what comes before the name.
func (w *walker) failKey(p pair, path, said, rest string) {
	if w.names(p, path) {
		w.failNode(p.key, join(path, p.key.Value), said+" "+strconv.Quote(p.key.Value)+rest)
		return
	}
	w.unnamed[place{p.key.Line, p.key.Column}] = true
	w.failNode(p.key, path, said+rest)
}

// opens reports whether what comes behind a key may be the rest of a secret: in its own field, or in one that is misspelt.
func opens(key *yaml.Node, path string) bool {
	return specdiff.HoldsSecrets(join(path, key.Value)) || len(elsewhere(key.Value)) == 0
}
