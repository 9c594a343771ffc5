package manifest

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// envFile is one env file and what its content means.
type envFile struct {
	blob
	// display is the path in messages: relative to the directory of the manifests if the file is in it, else absolute.
	display string
	// missing is set if the file does not exist.
	missing bool
	// revision counts the changes of the other fields.
	revision int
	pass     int
	parsed   int
	vars     []v1alpha1.EnvVar
	fault    *decode.Fault
}

// refresh brings the file up to date, at most once per pass.
func (e *envFile) refresh(pass int, r *reading) {
	if e.pass == pass {
		return
	}
	e.pass = pass
	st, err := stat.Path(e.path)
	changed, missing := false, false
	switch {
	case stat.Absent(err):
		missing = true
		e.unsettled, e.err, e.seen = "", nil, stat.Stamp{}
	case err != nil:
		changed = e.fail(err)
	case !st.IsRegular():
		changed = e.fail(errNotRegular)
	default:
		changed = e.blob.refresh(st, r)
	}
	if e.parsed != e.version {
		e.parsed = e.version
		e.vars, e.fault = parseEnv(e.display, e.text)
	}
	if changed || missing != e.missing || e.revision == 0 {
		e.revision++
	}
	e.missing = missing
}

// problem returns the fault of the file; nil if it is valid, missing, or still being written.
func (e *envFile) problem() *decode.Fault {
	switch {
	case e.missing:
		return nil
	case e.err != nil:
		return &decode.Fault{File: e.display, Message: "read env file: " + e.err.Error()}
	}
	return e.fault
}

// parseEnv reads Docker's env-file format: lines of NAME=value with literal values, and # comments. It skips a NAME
// without =, for which Docker takes the value from the environment: the controller's environment is not part of a
// manifest.
func parseEnv(file, text string) ([]v1alpha1.EnvVar, *decode.Fault) {
	text = strings.TrimPrefix(text, "\ufeff")
	var vars []v1alpha1.EnvVar
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, maxEnvFile+1)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		bad := func(format string, args ...any) ([]v1alpha1.EnvVar, *decode.Fault) {
			return nil, &decode.Fault{File: file, Line: n, Column: 1, Message: "parse env file: " + fmt.Sprintf(format, args...)}
		}
		switch {
		case strings.ContainsRune(line, 0):
			return bad("a NUL character cannot be part of a variable; is this a text file?")
		case !utf8.ValidString(line):
			return bad("the line is not UTF-8")
		}
		line = strings.TrimLeft(line, " \t\v\f")
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, set := strings.Cut(line, "=")
		switch {
		case name == "":
			return bad("there is no variable name before =")
		case strings.HasPrefix(name, "export "):
			return bad("export is shell syntax; write NAME=value")
		case strings.ContainsAny(name, " \t"):
			// The line may be a secret, so the message does not quote it.
			return bad("the name before = contains white space; write NAME=value")
		case set:
			vars = append(vars, v1alpha1.EnvVar{Name: name, Value: value})
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, &decode.Fault{File: file, Message: "parse env file: " + err.Error()}
	}
	return vars, nil
}

// mergeEnv joins env files and env. Later files override earlier ones, and env overrides all. Each name keeps the
// position of its first appearance. The hash covers the effective values from the files, without comments, order and
// overridden values.
func mergeEnv(files [][]v1alpha1.EnvVar, env []v1alpha1.EnvVar) (list []string, hash string) {
	var order []string
	values := map[string]string{}
	set := func(v v1alpha1.EnvVar) {
		if _, ok := values[v.Name]; !ok {
			order = append(order, v.Name)
		}
		values[v.Name] = v.Value
	}
	for _, vars := range files {
		for _, v := range vars {
			set(v)
		}
	}
	fromFiles := slices.Clone(order)
	own := map[string]bool{}
	for _, v := range env {
		set(v)
		own[v.Name] = true
	}
	for _, name := range order {
		list = append(list, name+"="+values[name])
	}
	fromFiles = slices.DeleteFunc(fromFiles, func(name string) bool { return own[name] })
	if len(fromFiles) == 0 {
		return list, ""
	}
	slices.Sort(fromFiles)
	h := sha256.New()
	field := func(s string) {
		// The length in front of each field makes the encoding unambiguous. Writing to a hash never fails.
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(s))
	}
	for _, name := range fromFiles {
		field(name)
		field(values[name])
	}
	return list, "sha256:" + hex.EncodeToString(h.Sum(nil))
}
