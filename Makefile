# Two commands set everything up: `make run` and `make test`. Both see to an engine first.
BIN := bin/dual-reconciler
# Only a test that hangs takes as long as this: no slow machine does.
HUNG := 40m
TESTSUM := go run ./hack/testsum
# The end-to-end and browser tests are a module of their own, so that what only they need is in nobody's dependency graph.
E2E := cmd/dual-reconciler/e2e
export GOFLAGS ?= -buildvcs=auto

.PHONY: build engine chromium image run test lint unit e2e generate fmt clean
.DEFAULT_GOAL := build

build: ## the binary, in bin/
	go build -o $(BIN) ./cmd/dual-reconciler

engine: ## a Docker engine and the image busybox:latest, where there are none
	hack/engine

chromium: ## a browser for the tests of the page, where there is none and one can be had
	hack/chromium

image: engine ## the container image, for amd64 and arm64
	hack/image

run: engine build ## the controller on manifests/, with a look at what came up
	hack/run $(BIN)

test: engine chromium lint ## everything: format, vet, lint, unit, contract, race and end-to-end on the engine
	go test ./controller/plan ./controller/manifest/decode
	$(TESTSUM) -C . -C $(E2E) -race -timeout $(HUNG) -parallel 6 ./...
	hack/podman-test

lint:
	hack/lint

unit: ## the tests that need no engine
	$(TESTSUM) -race -timeout $(HUNG) $$(go list ./... | grep -v -e /engine/docker -e /testrun)

e2e: engine chromium ## the tests that need an engine or a browser
	$(TESTSUM) -race -timeout $(HUNG) ./controller/engine/docker ./internal/testrun
	$(TESTSUM) -C $(E2E) -race -timeout $(HUNG) ./...

generate: ## deepcopy, CRD and JSON Schema from the API's types
	hack/generate

fmt:
	git ls-files -co --exclude-standard '*.go' | xargs go tool -modfile=hack/tools/go.mod gofumpt -w

clean:
	rm -rf bin
