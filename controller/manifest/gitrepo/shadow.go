package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	errNoHead = errors.New("the repository has no HEAD")
	errBare   = errors.New("the repository is bare: it has no work tree")
)

// shadow creates a git directory that replaces the repository's own. It has the repository's HEAD, branches, index and
// objects, but our own configuration and attributes. git never reads those of the repository. So it finds no filter,
// hook, monitor or included file, or any other setting of this or a later version of git that can start a program, and
// a change of the repository between a check and its use has no effect. The caller must remove the directory.
func (r Repository) shadow() (dir string, err error) {
	head := readShort(filepath.Join(r.Dir, "HEAD"))
	if head == "" {
		return "", errNoHead
	}
	common := r.common()
	config := gitConfig(filepath.Join(common, "config"))
	if gitBare.MatchString(config) && r.Dir == common {
		return "", errBare // A linked work tree of a bare repository does have a work tree.
	}
	if dir, err = os.MkdirTemp("", "dual-git-"); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir) // err is the more useful error.
		}
	}()
	if err := os.Mkdir(filepath.Join(dir, "info"), 0o700); err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"HEAD": head + "\n", "config": config,
		// These override every .gitattributes file.
		filepath.Join("info", "attributes"): "* -filter -diff -merge\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	links := map[string]string{"refs": common, "packed-refs": common, "reftable": common, "info/sparse-checkout": r.Dir}
	shared, err := filepath.Glob(filepath.Join(globQuoted(r.Dir), "sharedindex.*"))
	if err != nil {
		return "", err
	}
	for _, path := range shared {
		links[filepath.Base(path)] = r.Dir
	}
	for name, from := range links {
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// globQuoted returns a pattern that matches only path.
func globQuoted(path string) string { return globMeta.ReplaceAllString(path, `\$0`) }

var (
	globMeta    = regexp.MustCompile(`[*?\[\]\\]`)
	gitBare     = regexp.MustCompile(`(?i)\bbare = (true|yes|on|1)\b`)
	gitSection  = regexp.MustCompile(`^\[\s*([A-Za-z]+)\s*\]\s*$`)
	gitVariable = regexp.MustCompile(`^\s*([A-Za-z]+)\s*=\s*([A-Za-z0-9]+)\s*(?:[;#].*)?$`)
)

// harmless are the settings that are copied from a repository, because the index and the objects cannot be read or
// compared without them. Each is a boolean or one word. None names a file or a program.
var harmless = map[string]bool{
	"core.bare": true, "core.repositoryformatversion": true, "core.filemode": true, "core.symlinks": true, "core.ignorecase": true,
	"core.precomposeunicode": true, "core.autocrlf": true, "core.eol": true, "core.trustctime": true, "core.checkstat": true,
	"core.sparsecheckout": true, "core.sparsecheckoutcone": true,
	"extensions.objectformat": true, "extensions.refstorage": true,
}

// maxGitConfig limits how much of a repository's configuration is read, in bytes.
const maxGitConfig = 1 << 20

// gitConfig returns the harmless part of a repository's configuration. It returns the empty string if the file cannot
// be read.
func gitConfig(path string) string {
	data, err := readRegular(path, maxGitConfig, 0)
	if err != nil {
		return ""
	}
	var out strings.Builder
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = ""
			if m := gitSection.FindStringSubmatch(line); m != nil {
				section = strings.ToLower(m[1])
			}
			continue
		}
		if m := gitVariable.FindStringSubmatch(line); m != nil && harmless[section+"."+strings.ToLower(m[1])] {
			fmt.Fprintf(&out, "[%s]\n\t%s = %s\n", section, m[1], m[2])
		}
	}
	return out.String()
}
