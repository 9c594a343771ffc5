package docker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// descriptor names content in a manifest.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Size      int    `json:"size"`
	Digest    string `json:"digest"`
}

// content is what a registry serves, by digest.
type content map[string][]byte

func (c content) add(mediaType string, data []byte) descriptor {
	d := descriptor{MediaType: mediaType, Size: len(data), Digest: digest(data)}
	c[d.Digest] = data
	return d
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// imageRegistry serves the part of the registry API that a pull needs, for one image of random content. The module's own
// tests need no more of a registry than this, and so the module need not depend on one.
func imageRegistry(t *testing.T, repository, tag string) http.Handler {
	t.Helper()
	blobs, manifests := content{}, content{}
	manifest := manifests.add(manifestType, randomImage(t, blobs))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/{$}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v2/"+repository+"/manifests/{reference}", func(w http.ResponseWriter, r *http.Request) {
		reference := r.PathValue("reference")
		if reference == tag {
			reference = manifest.Digest
		}
		serveContent(w, manifests, reference, manifestType, "MANIFEST_UNKNOWN")
	})
	mux.HandleFunc("GET /v2/"+repository+"/blobs/{digest}", func(w http.ResponseWriter, r *http.Request) {
		serveContent(w, blobs, r.PathValue("digest"), "application/octet-stream", "BLOB_UNKNOWN")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { serveContent(w, nil, "", "", "NAME_UNKNOWN") })
	return mux
}

func serveContent(w http.ResponseWriter, from content, key, mediaType, unknown string) {
	data, ok := from[key]
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"there is no such content"}]}`, unknown)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Header().Set("Docker-Content-Digest", key)
	_, _ = w.Write(data)
}

// randomImage adds the configuration and three layers of 1 MiB each to blobs, and returns the manifest.
func randomImage(t *testing.T, blobs content) []byte {
	t.Helper()
	var layers []descriptor
	var diffIDs []string
	for range 3 {
		layer := randomLayer(t)
		diffIDs = append(diffIDs, digest(layer))
		layers = append(layers, blobs.add(layerType, compressed(t, layer)))
	}
	config := encoded(t, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs},
	})
	return encoded(t, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": blobs.add(configType, config), "layers": layers,
	})
}

// randomLayer is an archive with one file whose name and content are random.
func randomLayer(t *testing.T) []byte {
	t.Helper()
	data := make([]byte, 1<<20)
	_, _ = rand.Read(data) // Read never fails.
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err := w.WriteHeader(&tar.Header{Name: strings.ToLower(rand.Text()), Mode: 0o644, Size: int64(len(data))})
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func compressed(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
