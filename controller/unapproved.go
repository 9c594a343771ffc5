package controller

import (
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// WillBeHeld reports which of the workspaces will wait for an approval, according to the persisted state of the
// instance and without an engine.
func WillBeHeld(workspaces []*manifest.Workspace, store *status.Store) []manifest.Problem {
	var writers []Writer
	for _, name := range store.Names() {
		for _, path := range store.Get(name).Memory.Writes {
			writers = append(writers, Writer{Workspace: name, Path: path})
		}
	}
	var held []manifest.Problem
	for _, w := range workspaces {
		if u := Unapproved(w, store.Get(w.Name).Memory, writers); u != nil {
			held = append(held, manifest.Problem{
				Fault:     decode.Fault{File: w.File, Line: w.Line, Message: u.Message},
				Workspace: w.Name, Reason: u.Reason,
			})
		}
	}
	return held
}
