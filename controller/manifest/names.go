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

// mergetoolCopy matches the copies that git mergetool leaves beside a file in conflict: shop_LOCAL_4711.yaml.
var mergetoolCopy = regexp.MustCompile(`_(BACKUP|BASE|LOCAL|REMOTE)_[0-9]+$`)

// ignoredName reports whether a file or directory is ignored: names that begin with a dot (including the directories of
// a mounted ConfigMap, whose visible symlinks are followed), and the files that editors write beside a file.
func ignoredName(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~")
}

// manifestName reports whether a file of this name is a manifest. Extensions are lower case. A backup with a manifest's
// extension (shop~.yaml, shop.bak.yaml, shop_LOCAL_4711.yaml) is not: it would duplicate the original.
func manifestName(name string) bool {
	ext := filepath.Ext(name)
	if ignoredName(name) || !slices.Contains(manifestExtensions, ext) {
		return false
	}
	stem := strings.TrimSuffix(name, ext)
	return !strings.HasSuffix(stem, "~") && !slices.Contains(spareExtensions, filepath.Ext(stem)) &&
		!mergetoolCopy.MatchString(stem)
}
