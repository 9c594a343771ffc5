// Package manifest turns a directory of manifests into Snapshots: the desired workspaces, every fault, and whether the
// absence of a manifest may be acted on. It only reads.
//
// A Loader reads in this order: a tree lists the directory and reads its files, a resolver applies the state of the
// host to each candidate document, a merger selects one document per workspace, and a guard checks that the directory
// is the one that was there before. Package gitrepo reports git's operations and revisions. A Source calls the Loader
// after each change.
package manifest
