# Two commands set everything up: `make run` and `make test`. Both first make sure that an engine answers.
BIN := bin/dual-reconciler
# Only a test that hangs takes this long; a slow machine does not.
HUNG := 40m
TESTSUM := go run ./hack/testsum
# The end-to-end and browser tests are a module of their own, so that what only they need is in nobody's dependency graph.
E2E := cmd/dual-reconciler/e2e
export GOFLAGS ?= -buildvcs=auto

.PHONY: build engine chromium image run test lint unit e2e bench generate fmt clean help
.DEFAULT_GOAL := build

build: ## build bin/dual-reconciler
	go build -o $(BIN) ./cmd/dual-reconciler

engine: ## install a Docker engine and the image busybox:latest if they are missing
	hack/engine

chromium: ## install a browser for the tests of the page if there is none
	hack/chromium

image: engine ## build the container image, for amd64 and arm64
	hack/image

run: engine build ## run the controller on manifests/, and show what each workspace serves
	hack/run $(BIN)

test: engine chromium lint ## run everything: lint, then unit, contract, end-to-end and browser tests, with the race detector
	go test ./controller/plan ./controller/manifest/decode
	$(TESTSUM) -C . -C $(E2E) -race -timeout $(HUNG) -parallel 6 ./...
	hack/podman-test

lint: ## format, vet, linters, import rules, tidy modules
	hack/lint

unit: ## run the tests that need no engine
	$(TESTSUM) -race -timeout $(HUNG) $$(go list ./... | grep -v -e /engine/docker -e /testrun)

e2e: engine chromium ## run the tests that need an engine or a browser
	$(TESTSUM) -race -timeout $(HUNG) ./controller/engine/docker ./internal/testrun
	$(TESTSUM) -C $(E2E) -race -timeout $(HUNG) ./...

generate: ## generate deepcopy, CRD and JSON Schema from the API's types
	hack/generate

bench: ## run the benchmarks that need no engine
	go test -run '^$$' -bench . -benchmem ./...

fmt: ## format all Go files
	git ls-files -co --exclude-standard '*.go' | xargs go tool -modfile=hack/tools/go.mod gofumpt -w

clean: ## remove what was built
	rm -rf bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
