package manifest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var manifestExtensions = []string{".yaml", ".yml", ".json"}

// spareExtensions before the extension mark copies that people and tools leave beside a manifest: shop.bak.yaml.
var spareExtensions = []string{".bak", ".backup", ".old", ".orig", ".rej", ".swo", ".swp", ".swx", ".temp", ".tmp"}

// mergetoolCopy is what git mergetool leaves beside a file in conflict: shop_LOCAL_4711.yaml.
var mergetoolCopy = regexp.MustCompile(`_(BACKUP|BASE|LOCAL|REMOTE)_[0-9]+$`)

// ignoredName says whether a file or directory is none of ours whatever it holds: dot-names (among them the directories of
// a ConfigMap's symlink farm, whose visible links are followed), and what editors write beside a file.
func ignoredName(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~")
}

// manifestName says whether a file of this name is a manifest. Extensions are lower case. A backup that kept its extension
// (shop~.yaml, shop.bak.yaml, shop_LOCAL_4711.yaml) is none: it would be a duplicate of what it was copied from.
func manifestName(name string) bool {
	ext := filepath.Ext(name)
	if ignoredName(name) || !slices.Contains(manifestExtensions, ext) {
		return false
	}
	stem := strings.TrimSuffix(name, ext)
	return !strings.HasSuffix(stem, "~") && !slices.Contains(spareExtensions, filepath.Ext(stem)) &&
		!mergetoolCopy.MatchString(stem)
}
