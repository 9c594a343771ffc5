package verify

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed findings.md.tmpl
var findings string

// WriteFindings writes the report in the form of the experiment's findings.
func (r *Report) WriteFindings(w io.Writer) error {
	t, err := template.New("findings").Funcs(template.FuncMap{
		"join": strings.Join,
		// A fence in what somebody printed must not end ours, nor a line of it begin a line of the report.
		"plain":    func(s string) string { return strings.NewReplacer("```", "'''", "\n", " ").Replace(s) },
		"newGroup": func(i int) bool { return i == 0 || r.Tests[i-1].Group != r.Tests[i].Group },
	}).Parse(findings)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// writeTranscript writes each call with its time.
func (r *Result) writeTranscript(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Test %s: %s\n", r.ID, r.Title)
	if len(r.Transcript) == 0 {
		b.WriteString("\nnot executed\n")
	}
	const format = "2006-01-02T15:04:05.000Z07:00"
	for _, e := range r.Transcript {
		fmt.Fprintf(&b, "\n%s $ %s\n%s", e.Time.Format(format), e.Command, e.Output)
		if e.Output != "" && !strings.HasSuffix(e.Output, "\n") {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %s after %s\n", e.Time.Add(e.Duration).Format(format), e.Outcome, e.Duration.Round(time.Microsecond))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Vacant says why nothing can be written to a directory without a risk to somebody's files: it is there, and not empty.
func Vacant(dir string) error {
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(names) > 0:
		return fmt.Errorf("%s is not empty: verify overwrites nothing; choose another --output", dir)
	}
	return nil
}

// Save writes findings.md and measurements/ into a directory, and overwrites nothing.
func (r *Report) Save(dir string, controllerLog []byte) error {
	measurements := filepath.Join(dir, "measurements")
	if err := os.MkdirAll(measurements, 0o755); err != nil {
		return err
	}
	if err := create(filepath.Join(dir, "findings.md"), r.WriteFindings); err != nil {
		return err
	}
	for _, t := range r.Tests {
		if err := create(filepath.Join(measurements, "test-"+t.ID+".txt"), t.writeTranscript); err != nil {
			return err
		}
	}
	return create(filepath.Join(measurements, "controller.log"), func(w io.Writer) error {
		_, err := w.Write(controllerLog)
		return err
	})
}

func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
