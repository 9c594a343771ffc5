package manifest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

var (
	errNoHead = errors.New("the repository has no HEAD")
	errBare   = errors.New("the repository is bare: it has no work tree")
)

// shadow makes a git directory that stands for the repository's own: with its HEAD, branches, index and objects, but with a
// configuration and attributes of our own. The repository's are never read by git: filters, hooks, monitors, included files
// and all else there that can start a program, now or in a later git, are not there to be found, and no change of them in
// the moment between a check and its use counts. The caller removes the directory.
func (r repository) shadow() (dir string, err error) {
	head := readShort(filepath.Join(r.dir, "HEAD"))
	if head == "" {
		return "", errNoHead
	}
	common := r.common()
	config := gitConfig(filepath.Join(common, "config"))
	if gitBare.MatchString(config) && r.dir == common {
		return "", errBare // A linked work tree of a bare repository is one all the same.
	}
	if dir, err = os.MkdirTemp("", "dual-git-"); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir) // The error says more than that of the removal.
		}
	}()
	if err := os.Mkdir(filepath.Join(dir, "info"), 0o700); err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"HEAD": head + "\n", "config": config,
		// These win over each .gitattributes file.
		filepath.Join("info", "attributes"): "* -filter -diff -merge\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	links := map[string]string{"refs": common, "packed-refs": common, "reftable": common, "info/sparse-checkout": r.dir}
	shared, err := filepath.Glob(filepath.Join(globQuoted(r.dir), "sharedindex.*"))
	if err != nil {
		return "", err
	}
	for _, path := range shared {
		links[filepath.Base(path)] = r.dir
	}
	for name, from := range links {
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// globQuoted is a pattern that matches the path itself.
func globQuoted(path string) string { return globMeta.ReplaceAllString(path, `\$0`) }

var (
	globMeta    = regexp.MustCompile(`[*?\[\]\\]`)
	gitBare     = regexp.MustCompile(`(?i)\bbare = (true|yes|on|1)\b`)
	gitSection  = regexp.MustCompile(`^\[\s*([A-Za-z]+)\s*\]\s*$`)
	gitVariable = regexp.MustCompile(`^\s*([A-Za-z]+)\s*=\s*([A-Za-z0-9]+)\s*(?:[;#].*)?$`)
)

// harmless are the settings that are taken over from a repository, because the index and the objects cannot be understood or
// compared without them. Each is a boolean or one word; none names a file or a program.
var harmless = map[string]bool{
	"core.bare": true, "core.repositoryformatversion": true, "core.filemode": true, "core.symlinks": true, "core.ignorecase": true,
	"core.precomposeunicode": true, "core.autocrlf": true, "core.eol": true, "core.trustctime": true, "core.checkstat": true,
	"core.sparsecheckout": true, "core.sparsecheckoutcone": true,
	"extensions.objectformat": true, "extensions.refstorage": true,
}

// maxGitConfig bounds what is read of a repository's configuration, in bytes.
const maxGitConfig = 1 << 20

// gitConfig is the part of a repository's configuration that is harmless. What cannot be read has none.
func gitConfig(path string) string {
	var out strings.Builder
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	if st, err := statFD(f.Fd()); err != nil || !st.isRegular() {
		return ""
	}
	section := ""
	for lines := bufio.NewScanner(io.LimitReader(f, maxGitConfig)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
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
