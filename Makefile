# Everything this project does is a target here; `make help` lists them.
# Only Go and make are needed to build and run. The tests also use Debian packages,
# which scripts/test-deps installs or names.

GO       ?= go
BIN      := bin
TOOLS    := $(BIN)/tools
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 60s
CHAOSFOR ?= 10m

# One database cluster for a whole test run; a lone `go test ./internal/x` starts its own.
WITH_PG  := $(GO) run ./internal/db/dbtest/pgcluster/with
GOTEST   := $(GO) test -timeout 15m

# Builds and tests are pure Go; only the race detector needs cgo and gcc.
export CGO_ENABLED ?= 0

.PHONY: help run build test test-unit test-store test-stories test-peers e2e lint fmt race bench \
	fuzz chaos worlds generate fresh tidy check tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build, then serve the demo on the embedded database
	$(BIN)/tocsin serve --demo

build: ## build bin/tocsin, static and stripped
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/tocsin ./cmd/tocsin

## Tests, by ring (see CONTRIBUTING.md)

test: deps $(TOOLS)/mailpit ## everything: rules, both databases, stories, peers, browser
	$(WITH_PG) $(GOTEST) ./...

test-unit: ## rules, rooms and doors on both databases; no peers, no browser
	@scripts/test-deps postgresql
	$(WITH_PG) $(GOTEST) $(shell $(GO) list ./... | grep -v /internal/testkit)

test-store: ## the database layer and every store test
	@scripts/test-deps postgresql
	$(WITH_PG) $(GOTEST) ./internal/db/... ./internal/work/... ./internal/live/...
	$(WITH_PG) $(GOTEST) -run Store ./internal/...

test-stories: ## stories on real nodes, on both databases
	@scripts/test-deps postgresql
	$(WITH_PG) $(GOTEST) $(shell $(GO) list ./internal/testkit/... | grep -vE '/testkit/(peer|e2e|screens|chaos)')

test-peers: deps $(TOOLS)/mailpit ## the real SMTP server, Alertmanager and browser themselves
	$(GOTEST) ./internal/testkit/peer/...

e2e: deps $(TOOLS)/mailpit ## the whole story with the real peers and a real browser
	$(WITH_PG) $(GOTEST) -count=1 ./internal/testkit/e2e/... ./internal/testkit/screens/...

race: ## the race detector over the concurrent packages, short
	@scripts/test-deps postgresql gcc
	$(WITH_PG) env CGO_ENABLED=1 $(GOTEST) -race -short $(shell scripts/race-packages)

fuzz: ## every fuzz target for FUZZTIME each
	scripts/fuzz $(FUZZTIME)

chaos: ## nodes, database, network and providers fail under load, for CHAOSFOR
	@scripts/test-deps postgresql
	TOCSIN_CHAOS_FOR=$(CHAOSFOR) $(GOTEST) -timeout 25m -count=1 -v -run Chaos ./internal/testkit/chaos/...

WORLDS ?= 1000
worlds: ## random nights against a model of who must be paged, WORLDS of them
	TOCSIN_WORLDS=$(WORLDS) $(GOTEST) -count=1 -timeout 24h -run Whoever ./internal/testkit/worlds/...

bench: build ## measure the real binary on both databases; see bench/README.md
	@scripts/test-deps postgresql
	$(GO) run ./bench

.PHONY: deps
deps:
	@scripts/test-deps

## Checks

lint: $(TOOLS)/golangci-lint fresh ## linters, formatting, generated code, module files
	$(TOOLS)/golangci-lint run ./...
	@$(MAKE) --no-print-directory tidy

fmt: $(TOOLS)/golangci-lint $(TOOLS)/templ ## format all code
	$(TOOLS)/golangci-lint fmt
	$(TOOLS)/templ fmt internal

generate: $(TOOLS)/templ ## regenerate what is generated
	$(TOOLS)/templ generate
	$(GO) generate ./...

fresh: $(TOOLS)/templ ## fail when generated files are not what their sources say
	scripts/generated-fresh $(MAKE) --no-print-directory generate

tidy: ## fail when go.mod or go.sum is not tidy
	$(GO) mod tidy -diff

check: lint test race ## what has to pass before a change lands

## Tools, pinned in tools/go.mod

tools: $(TOOLS)/golangci-lint $(TOOLS)/templ $(TOOLS)/mailpit ## build the pinned tools

$(TOOLS)/golangci-lint: TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/templ: TOOL := github.com/a-h/templ/cmd/templ
$(TOOLS)/mailpit: TOOL := github.com/axllent/mailpit
$(TOOLS)/%: tools/go.mod tools/go.sum
	$(GO) build -C tools -trimpath -ldflags '-s -w' -o ../$@ $(TOOL)
	@touch $@

clean: ## remove what was built
	rm -rf $(BIN) .cache
