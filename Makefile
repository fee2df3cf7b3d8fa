# make          says what there is
# make run      is all that a newcomer needs; Go and npm have to be there
GO      ?= go
BIN     := bin/portico
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION)
VENDOR  := static/vendor
# The race detector looks at our code and its libraries, but not into SQLite: that is C made into Go, where it finds nothing
# of ours and takes four fifths of the time. e2e builds the program in the same way.
RACE    := -race -gcflags=modernc.org/...=-race=false
LINT    := $(GO) tool -modfile=tools/go.mod golangci-lint

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the sandbox: portal, sample product, simulated platforms, with demo data
	./$(BIN) sandbox

.PHONY: build
build: $(VENDOR)/htmx.js ## Build bin/portico
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/portico

# htmx is fetched once, as package-lock.json pins it, and embedded in the binary. Go alone builds a portal too: its pages
# work without scripts.
ifneq (,$(shell command -v npm))
$(VENDOR)/htmx.js: node_modules/.package-lock.json
	cp node_modules/htmx.org/dist/htmx.min.js $@
else
.PHONY: $(VENDOR)/htmx.js
$(VENDOR)/htmx.js:
	@test -e $@ || echo 'npm is not here: pages work without scripts, each click loads a page' >&2
endif

# npm writes this file when it is done.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: dev
dev: $(VENDOR)/htmx.js ## Start the sandbox again at every change, with data that stays in tmp/dev
	$(GO) tool templ generate -path views -watch -cmd '$(GO) run ./cmd/portico sandbox -data tmp/dev'

.PHONY: test
test: setup fresh ## Run every test, with the race detector (browsers and PostgreSQL included)
	$(GO) vet $(RACE) ./...
	$(GO) test $(RACE) -timeout 25m ./...

.PHONY: fresh
fresh: ## Check that code is formatted, modules are tidy and templates are formatted
	@files=$$(gofmt -l $$(find . -name '*.go' -not -path './node_modules/*')); if [ -n "$$files" ]; then echo "not formatted; run gofmt -w on:" $$files >&2; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) tool templ fmt -fail views

# What the tests need beside Go and npm: a browser, a PostgreSQL server, and a C compiler for the race detector.
.PHONY: setup
setup: $(VENDOR)/htmx.js node_modules/.package-lock.json ## Install what the tests need (root), or say what is missing
	@missing=; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; \
	else \
		echo "the tests need:$$missing (on Debian: sudo apt-get install$$missing)" >&2; exit 1; \
	fi

.PHONY: bench
bench: $(VENDOR)/htmx.js ## Measure catalogue and instance page under load, beside the floor of the same machine
	$(GO) run ./e2e/bench

.PHONY: lint
lint: ## Run the linters (the first time takes some minutes)
	$(LINT) run ./...

.PHONY: generate
generate: ## Write the generated code again: templates and Tray's client
	$(GO) tool templ fmt views
	$(GO) tool templ generate -path views
	$(GO) generate ./graphql

.PHONY: docker
docker: ## Build the image
	docker build --build-arg VERSION=$(VERSION) -t portico .

.PHONY: clean
clean: ## Remove what was built and fetched
	rm -rf bin tmp node_modules $(VENDOR)/*.js
