# What users and contributors run; `make help` lists it.

# The relay that `make serve` starts.
HOST ?= 127.0.0.1
PORT ?= 8787
STORE ?= syncctl.sqlite

# Editing traces for `make bench` and the replay tests; both say so and go on where the folder is missing.
TRACES ?= $(CURDIR)/../shared/traces
# Runs of each operation in `make bench`.
RUNS ?= 15
# What `make bench-node` measures: chain, catch-up, memory, flood, crowd, store; nothing for all.
CASES ?=
# How long `make soak` lasts, and with how many clients.
MINUTES ?= 30
CLIENTS ?= 1000
# Seeded programs for `make fuzz`, and the test suites that run them.
SEEDS ?= 100000
SUITES ?= ThreeReplicaTests
# Where `make man` puts what it writes.
MAN ?= .build/man
# The test suites that run with a sanitizer.
SANITIZED ?= CRDTTests|SyncNodeTests
# The relay that `make test-web` tests the provider with, and `make test-dashboard` the dashboard.
RELAY ?= .build/release/syncctl
# What `make test-dashboard` runs: modules, classes or methods; nothing for all.
TESTS ?=
# Where Debian has the modules that the tests in node compare with.
NODE_MODULES ?= /usr/share/nodejs
# How long `make fuzz-decoders` searches, with two workers.
SECONDS ?= 60

BUILD_PACKAGES := libsqlite3-dev pkg-config
TEST_PACKAGES := node-yjs node-ws node-y-websocket openssl iproute2 less tmux python3-venv
WASM_PACKAGES := binaryen
WASM_SOURCES = $(shell find Sources/CRDT Sources/CRDTWasm -name '*.swift' -o -name '*.[ch]') Scripts/build-wasm
SWIFT_SOURCES := Package.swift Plugins Sources Examples Tests Fuzz Benchmarks/Package.swift Benchmarks/Sources

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help serve test test-web test-dashboard web lint format embedded man bench bench-node bench-web soak fuzz fuzz-decoders \
  sanitize-thread sanitize-address clean packages test-packages

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

serve: packages ## build a release and start a relay: HOST=127.0.0.1 PORT=8787 STORE=syncctl.sqlite
	@$(MAKE) --no-print-directory web || echo "Without its core for browsers, the dashboard will open no documents."
	swift build --configuration release --product syncctl
	@exec .build/release/syncctl serve --host $(HOST) --port $(PORT) --store $(STORE)

test: packages test-packages lint ## lint, compile the core to WebAssembly, fuzz the decoders, build, run all tests
	@# One of them compiles on one core only, so both at the same time. The build packs the core into the dashboard.
	$(MAKE) --no-print-directory web & web=$$!; Fuzz/run $(SECONDS); fuzzed=$$?; wait $$web && exit $$fuzzed
	swift build --build-tests
	@# Without a relay the tests of the provider would be left out.
	test -x .build/debug/syncctl && $(MAKE) --no-print-directory test-web test-dashboard RELAY=.build/debug/syncctl
	TRACES="$(TRACES)" Scripts/run-tests

web: .build/web/crdt.wasm.gz ## compile the core to WebAssembly, with the modules of Web beside it: .build/web
	@rm -f .build/web/*.js && cp Web/*.js Web/package.json .build/web

.build/web/crdt.wasm.gz: $(WASM_SOURCES)
	@Scripts/install-packages $(WASM_PACKAGES)
	Scripts/build-wasm

test-web: web ## test the core in node: CRDT_SEEDS=40 (or CRDT_SEED=17), RELAY=.build/release/syncctl
	@Scripts/install-packages node-yjs node-ws node-y-websocket
	NODE_PATH="$(NODE_MODULES)" CRDT_RELAY="$(if $(wildcard $(RELAY)),$(abspath $(RELAY)))" \
	  node --test Tests/WebTests/*.test.mjs

test-dashboard: .venv/installed ## test the dashboard in Chromium: RELAY=.build/release/syncctl TESTS=test_write
	@Scripts/install-packages node-yjs node-ws node-y-websocket chromium chromium-driver
	cd Tests/DashboardTests && NODE_PATH="$(NODE_MODULES)" RELAY="$(abspath $(RELAY))" BUILD="$(CURDIR)/.build" \
	  $(CURDIR)/.venv/bin/python -m unittest $(or $(TESTS),discover)

lint: ## check the format of the Swift sources
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## format the Swift sources
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

embedded: ## compile the core as Embedded Swift for WebAssembly
	@mkdir -p .build/embedded
	swiftc -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded -wmo -Osize -parse-as-library \
	  -swift-version 6 -module-name CRDT -c $$(find Sources/CRDT -name '*.swift' | sort) -o .build/embedded/CRDT.o

man: packages ## write the man pages of syncctl and its commands, from the same source as --help: MAN=.build/man
	swift package generate-manual --multi-page
	@mkdir -p "$(MAN)" && cp .build/plugins/GenerateManual/outputs/syncctl/*.1 "$(MAN)"
	@echo "as in: man -l $(MAN)/syncctl.log.1"

bench: packages .venv/installed ## measure the core with Yjs and yrs beside it: TRACES=folder RUNS=15
	@Scripts/install-packages node-yjs
	swift build --package-path Benchmarks --configuration release --product crdt-benchmark
	Benchmarks/.build/release/crdt-benchmark --traces "$(TRACES)" --runs $(RUNS)

bench-node: packages ## measure nodes: a keystroke's way, catching up, a large document, floods, a large store: CASES="chain flood"
	swift build --configuration release --product syncctl
	swift build --package-path Benchmarks --configuration release --product node-benchmark
	Benchmarks/.build/release/node-benchmark $(CASES)

bench-web: web ## replay a trace on the core in WebAssembly and on Yjs, in node: TRACES=folder RUNS=15
	@Scripts/install-packages node-yjs
	NODE_PATH="$(NODE_MODULES)" node --expose-gc Benchmarks/Web/replay.mjs "$(TRACES)" $(RUNS)

soak: packages ## let clients come, go, write and lag at a relay for a long time: MINUTES=30 CLIENTS=1000
	swift build --configuration release --product syncctl
	swift build --package-path Benchmarks --configuration release --product soak
	Benchmarks/.build/release/soak --minutes $(MINUTES) --clients $(CLIENTS)

fuzz: packages test-packages ## run differential tests for a long time: SEEDS=100000 SUITES=ThreeReplicaTests
	swift build --build-tests --configuration release -Xswiftc -enable-testing
	CRDT_SEEDS=$(SEEDS) Scripts/run-tests --configuration release -Xswiftc -enable-testing --filter '$(SUITES)'

fuzz-decoders: ## search for bytes that break a decoder, guided by coverage: SECONDS=60
	Fuzz/run $(SECONDS)

sanitize-thread: packages ## run tests with the thread sanitizer: SANITIZED='CRDTTests|SyncNodeTests'
	TSAN_OPTIONS="halt_on_error=1 suppressions=$(CURDIR)/Tests/thread-sanitizer.supp $(TSAN_OPTIONS)" $(call sanitized,thread)

# What was freed is kept for a while, to find who uses it still: in little room, since some tests measure memory.
sanitize-address: packages ## run tests with the address sanitizer: SANITIZED='CRDTTests|SyncNodeTests'
	ASAN_OPTIONS="detect_leaks=0 quarantine_size_mb=16 $(ASAN_OPTIONS)" $(call sanitized,address)

# A build of its own for each sanitizer, which compiles everything anew. Everything takes longer: so tests run one after the
# other, or what they are to do within seconds would take more, and wait longer.
sanitized = CRDT_SANITIZED=1 swift test --no-parallel --sanitize $(1) --scratch-path .build-$(1) --disable-xctest --filter '$(SANITIZED)'

clean: ## remove what was built
	rm -rf .build .build-thread .build-address .venv Benchmarks/.build

packages:
	@Scripts/install-packages $(BUILD_PACKAGES)

test-packages: .venv/installed
	@Scripts/install-packages $(TEST_PACKAGES)

.venv/installed: Tests/requirements.txt
	@Scripts/install-packages python3-venv
	python3 -m venv .venv
	.venv/bin/pip install --quiet --requirement Tests/requirements.txt
	@touch $@
