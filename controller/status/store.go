package status

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Instance is what is kept of the instance.
type Instance struct {
	// DirectoryIdentity of the manifests' directory when it last held one, see manifest.Snapshot.
	DirectoryIdentity string `json:"directoryIdentity,omitempty"`
	// LastEvent is the time, by the engine's clock, up to which its events were seen.
	LastEvent string `json:"lastEvent,omitempty"`
}

// Store keeps records in memory and in one small file a workspace, so that a change costs the same however many there are.
// What cannot be written is still true in memory: the controller goes on, and the error is returned for the log.
type Store struct {
	dir      string
	readOnly bool

	mu      sync.Mutex
	records map[string]Record
	written map[string][]byte
	// unsaved are why the newest content of files is not on the disk.
	unsaved  map[string]error
	instance Instance
}

const (
	workspacesDir = "workspaces"
	instanceFile  = "instance.json"
)

// Open reads the records below dir, which need not exist. A file that cannot be read or understood counts as absent: the
// errors of those are joined in the second result's error, next to a usable store.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, records: map[string]Record{}, written: map[string][]byte{}, unsaved: map[string]error{}}
	var faults []error
	// No pattern: the directory's own name may hold the characters of one.
	files, err := os.ReadDir(filepath.Join(dir, workspacesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		faults = append(faults, err)
	}
	for _, entry := range files {
		name, isRecord := strings.CutSuffix(entry.Name(), ".json")
		if !isRecord {
			continue
		}
		file := filepath.Join(dir, workspacesDir, entry.Name())
		var r Record
		data, err := read(file, &r)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if !v1alpha1.ValidName(name) {
			continue
		}
		s.records[name], s.written[file] = r, data
	}
	file := filepath.Join(dir, instanceFile)
	data, err := read(file, &s.instance)
	switch {
	case err == nil:
		s.written[file] = data
	case !errors.Is(err, fs.ErrNotExist):
		faults = append(faults, err)
	}
	return s, errors.Join(faults...)
}

// OpenReadOnly is Open for those that only look: nothing is ever written.
func OpenReadOnly(dir string) (*Store, error) {
	s, err := Open(dir)
	if s != nil {
		s.readOnly = true
	}
	return s, err
}

func read(file string, into any) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, fmt.Errorf("read %s: %w (it is ignored, and written anew)", file, err)
	}
	return data, nil
}

// Names of all workspaces with a record, sorted.
func (s *Store) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.records))
	for name := range s.records {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Get returns the record of a workspace; the zero Record where there is none. Its maps and slices are read-only.
func (s *Store) Get(name string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records[name]
}

// Update changes the record of a workspace. change must replace maps and slices, not write into them.
func (s *Store) Update(name string, change func(*Record)) error {
	if !v1alpha1.ValidName(name) {
		return fmt.Errorf("keep state of %q: it is no name of a workspace", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[name]
	change(&r)
	s.records[name] = r
	return s.write(recordFile(name), r)
}

func recordFile(workspace string) string { return filepath.Join(workspacesDir, workspace+".json") }

// Unsaved is why what is kept of a workspace is not on the disk; nil where it is.
func (s *Store) Unsaved(workspace string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsaved[recordFile(workspace)]
}

// Retry writes what could not be written before, and returns why something still cannot.
func (s *Store) Retry() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.unsaved {
		var v any = s.instance
		if name != instanceFile {
			v = s.records[strings.TrimSuffix(filepath.Base(name), ".json")]
		}
		if err := s.write(name, v); err != nil {
			return err // The others will not be written either.
		}
	}
	return nil
}

// Delete forgets a workspace.
func (s *Store) Delete(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.records[name]; !known {
		return nil
	}
	delete(s.records, name)
	file := filepath.Join(s.dir, workspacesDir, name+".json")
	delete(s.written, file)
	delete(s.unsaved, recordFile(name))
	if s.readOnly {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget workspace %s: %w", name, err)
	}
	return nil
}

// Instance returns what is kept of the instance.
func (s *Store) Instance() Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instance
}

// UpdateInstance changes what is kept of the instance.
func (s *Store) UpdateInstance(change func(*Instance)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.instance)
	return s.write(instanceFile, s.instance)
}

// write replaces a file by renaming, so that a crash leaves the old content or the new.
func (s *Store) write(name string, v any) error {
	if s.readOnly {
		return nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep state: %w", err)
	}
	file := filepath.Join(s.dir, name)
	if bytes.Equal(s.written[file], data) {
		delete(s.unsaved, name)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.unsaved[name] = fmt.Errorf("keep state: %w", err)
		return s.unsaved[name]
	}
	if err := replaceFile(file, data); err != nil {
		s.unsaved[name] = fmt.Errorf("keep state: %w", err)
		return s.unsaved[name]
	}
	s.written[file] = data
	delete(s.unsaved, name)
	return nil
}
