# The commands of this project. `make demo` shows the product at work, `make test` shows that it keeps its promises.
#
# Everything is built from this tree, the Swift toolchain and Debian's libraries; what is missing of the libraries is
# installed with apt (sudo where you are not root).

# The place of the shared test material: real data, a real Apache Kafka, hostile requests. No other file names it.
SHARED ?= $(wildcard $(CURDIR)/../shared)

PREFIX ?= /usr/local
SWIFT ?= swift
BUILD := $(CURDIR)/.build
PROGRAMS := $(BUILD)/release
PYTHON := $(BUILD)/python
TOOLS := $(BUILD)/tools
# The benchmark programs that Benchmarks/Package.swift names; BENCHMARKS='A B' runs only those.
BENCHMARKS ?= $(shell awk -F '"' '$$1 ~ /^  benchmark.$$/ {print $$2}' Benchmarks/Package.swift)
# The benchmarks are a package of their own, built beside the programs: what both need is compiled once.
BENCH := $(PROGRAMS)
BENCH_PACKAGE := --package-path Benchmarks --scratch-path $(BUILD) -c release
FIGURES := $(BUILD)/figures
RESULTS := $(CURDIR)/Benchmarks/Results
# Vowpal Wabbit, which the product is compared with and never depends on.
RIVAL := $(BUILD)/vowpalwabbit

LIBRARIES := pkg-config xz-utils librdkafka-dev libuv1-dev libsimdjson-dev libyaml-dev libxxhash-dev zlib1g-dev liblzma-dev libzstd-dev
TEST_PACKAGES := kcat curl gzip zstd
# What draws the plots of `make reproduce`, and the user's own downloads: FRAPPE has train, validation and test files of
# libfm lines, MOVIELENS the same or tags.csv; K is the length of embeddings.
PLOTS := $(BUILD)/plots
FRAPPE ?= $(if $(SHARED),$(SHARED)/data)
MOVIELENS ?=
K ?= 64
# The suites that need what only `make verify` brings. Of the long runs, SoakTests, it does the short forms; `make soak`
# does them whole.
VERIFY_TESTS := VerifyTests|PythonTests|H2loadTests|SoakTests
# Unit tests that run in a process beside that of the others. They take about half of the time that all take.
TESTS_BESIDE := ^(LearningTests|SnapshotStoreTests|DurableFilesTests|KafkaTests)[.]
SOAK ?=
SOAK_TESTS ?= SoakTests
VERIFY_ENVIRONMENT = AFM_PROGRAMS=$(PROGRAMS) AFM_TOOLS=$(TOOLS) AFM_PYTHON_PROGRAMS=$(PYTHON)/bin \
  AFM_PYTHON=$(PYTHON)/bin/python AFM_CURRENT_LIBRDKAFKA=$(TOOLS)/librdkafka AFM_FAULTS_LIBRARY=$(TOOLS)/faults.so \
  AFM_SOAK_FAILURES=$(BUILD)/soak-failures
VERIFY_PACKAGES := nghttp2-client qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross systemd python3-venv

export AFM_SHARED := $(SHARED)

# packages_needed(names): installs with apt those that are not there.
define packages_needed
@missing=""; for package in $(1); do \
  dpkg-query -W -f='$${db:Status-Abbrev}' $$package 2>/dev/null | grep -q '^ii' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  echo "installing:$$missing"; \
  if [ "$$(id -u)" = 0 ]; then as_root=""; else as_root=sudo; fi; \
  $$as_root apt-get update -qq && \
  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

.PHONY: help
help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: toolchain
toolchain:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "Swift 6.2 or newer is needed and cannot be brought by apt: https://www.swift.org/install/linux/"; exit 69; }

.PHONY: libraries
libraries: toolchain
	$(call packages_needed,$(LIBRARIES))

.PHONY: build
build: libraries ## Release builds of afmd, afmctl and afm-broker
	$(SWIFT) build -c release --product afmd
	$(SWIFT) build -c release --product afmctl
	$(SWIFT) build -c release --product afm-broker

.PHONY: install
install: build ## Copies the programs, the example configuration and the unit below PREFIX
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)/afmd $(PROGRAMS)/afmctl $(PROGRAMS)/afm-broker
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/afmd Config/afmd.yaml
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system Systemd/afmd.service
	$(PROGRAMS)/afmctl man | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/man/man1/afmctl.1
	$(PROGRAMS)/afmctl completions bash | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/bash-completion/completions/afmctl
	$(PROGRAMS)/afmctl completions zsh | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_afmctl
	$(PROGRAMS)/afmctl completions fish | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/afmctl.fish

.PHONY: demo
demo: build ## The whole product at work on real flights, in a temporary directory, in under three minutes
	AFM_PROGRAMS=$(PROGRAMS) Config/demo/demo.sh

.PHONY: bench-tools
bench-tools: libraries
	$(call packages_needed,kcat python3-venv $(if $(SHARED),$(if $(shell command -v java),,default-jre-headless)))
	@$(RIVAL)/bin/python -c 'import vowpalwabbit' 2>/dev/null || { rm -rf $(RIVAL); python3 -m venv $(RIVAL) && \
	  $(RIVAL)/bin/pip install -q --disable-pip-version-check 'vowpalwabbit==9.11.*'; } || \
	  { rm -rf $(RIVAL); echo "Vowpal Wabbit cannot be installed; what is compared with it is skipped"; }

.PHONY: bench-run
bench-run: build bench-tools
	$(SWIFT) build $(BENCH_PACKAGE)
	@rm -rf $(FIGURES); mkdir -p $(FIGURES)
	@for name in $(BENCHMARKS); do \
	  AFM_PROGRAMS=$(PROGRAMS) AFM_FIGURES=$(FIGURES) AFM_RIVAL=$(RIVAL)/bin/python $(BENCH)/$$name || \
	    echo $$name >>$(FIGURES)/failed; \
	done

# figures_compared(options): compares what the benchmarks that worked measured, and then fails where one did not work.
define figures_compared
@status=0; $(BENCH)/CompareFigures $(1) $(FIGURES) $(RESULTS) || status=$$?; \
if [ -s $(FIGURES)/failed ]; then echo "benchmarks that failed:" $$(cat $(FIGURES)/failed) >&2; exit 1; fi; \
exit $$status
endef

.PHONY: bench
bench: bench-run ## Every benchmark, and what changed since the committed results; see Docs/Performance.md
	$(call figures_compared)

.PHONY: bench-check
bench-check: bench-run ## The same, and fails where a figure is missing or got worse by more than it may
	$(call figures_compared,--check)

.PHONY: bench-accept
bench-accept: ## Makes the figures of the last `make bench` the committed results
	@$(BENCH)/CompareFigures --accept $(FIGURES) $(RESULTS)

.PHONY: learning
learning: build ## What one pass learns: the figures of Docs/Learning.md; OPTIONS='--data flights --set ...' compares
	$(SWIFT) build $(BENCH_PACKAGE) --product OnePass
	AFM_PROGRAMS=$(PROGRAMS) $(BENCH)/OnePass $(OPTIONS)

.PHONY: implicit-feedback
implicit-feedback: build ## What positives alone teach, by hit rate and NDCG on Frappe; OPTIONS='--set ...' compares
	$(SWIFT) build $(BENCH_PACKAGE) --product ImplicitFeedback
	AFM_PROGRAMS=$(PROGRAMS) $(BENCH)/ImplicitFeedback $(OPTIONS)

.PHONY: bench-tests
bench-tests: libraries reproduction-tests ## That the benchmarks build and judge figures rightly
	Tests/Scripts/run-tests.sh $(BENCH_PACKAGE)

.PHONY: plot-tools
plot-tools:
	$(call packages_needed,python3-venv)
	@$(PLOTS)/bin/python -c 'import matplotlib' 2>/dev/null || { rm -rf $(PLOTS); python3 -m venv $(PLOTS) && \
	  $(PLOTS)/bin/pip install -q --disable-pip-version-check 'matplotlib>=3.7,<4'; }

.PHONY: reproduce
reproduce: build plot-tools ## The experiments of the paper on data of your own, with plots; see Docs/Reproduction.md
	$(PLOTS)/bin/python Benchmarks/Paper/reproduce.py --programs $(PROGRAMS) --output $(BUILD)/reproduction \
	  --frappe '$(FRAPPE)' --movielens '$(MOVIELENS)' --embedding-size $(K)

.PHONY: reproduction-tests
reproduction-tests: build plot-tools ## The same, tiny, on made-up data
	cd Benchmarks/Paper && AFM_PROGRAMS=$(PROGRAMS) $(PLOTS)/bin/python -m unittest discover -s Tests -t .

.PHONY: test-tools
test-tools: libraries
	$(call packages_needed,$(TEST_PACKAGES) $(if $(SHARED),$(if $(shell command -v java),,default-jre-headless)))

.PHONY: test
test: test-tools build unit-tests end-to-end-tests ## Unit tests, and end-to-end tests that drive the release builds

.PHONY: unit-tests
unit-tests:
	$(SWIFT) build --build-tests
	Tests/Scripts/run-tests.sh --beside '$(TESTS_BESIDE)' --skip 'EndToEndTests|$(VERIFY_TESTS)'

.PHONY: end-to-end-tests
end-to-end-tests:
	AFM_PROGRAMS=$(PROGRAMS) Tests/Scripts/run-tests.sh --no-parallel --filter EndToEndTests --skip '$(VERIFY_TESTS)|SanitizedTests'

.PHONY: verify-tools
verify-tools: test-tools
	$(call packages_needed,$(VERIFY_PACKAGES))
	@test -x $(TOOLS)/promtool || { \
	  mkdir -p $(TOOLS)/prometheus && cd $(TOOLS)/prometheus && apt-get download -qq -o APT::Sandbox::User=root prometheus && \
	  dpkg-deb -x prometheus_*.deb . && ln -sf prometheus/usr/bin/promtool $(TOOLS)/promtool; }
	@test -x $(PYTHON)/bin/openapi-spec-validator || { \
	  python3 -m venv $(PYTHON) && \
	  $(PYTHON)/bin/pip install -q --disable-pip-version-check confluent-kafka numpy safetensors openapi-spec-validator; }
	@test $(TOOLS)/faults.so -nt Tests/Faults/faults.c || \
	  cc -Wall -Wextra -Werror -shared -fPIC -O2 -o $(TOOLS)/faults.so Tests/Faults/faults.c -ldl -lpthread
	@mkdir -p $(TOOLS)/librdkafka && \
	  ln -sf $$(ls $(PYTHON)/lib/python3*/site-packages/confluent_kafka.libs/librdkafka-*.so.1) $(TOOLS)/librdkafka/librdkafka.so.1

.PHONY: verify
verify: verify-tools build lint reference cross-architecture verify-tests thread-sanitizer address-sanitizer bench-tests demo ## All other checks: lint, reference, sanitizers, other clients and architectures

.PHONY: lint
lint: toolchain ## swift format, strictly
	$(SWIFT) format lint -r -s Package.swift Sources Tests Benchmarks

.PHONY: reference
reference: libraries ## The library reference, with docc
	Tests/Scripts/build-reference.sh $(BUILD)/reference

.PHONY: cross-architecture
cross-architecture: verify-tools ## The NEON kernels under qemu give the bits of the others
	Tests/CrossArchitecture/neon.sh

.PHONY: verify-tests
verify-tests: verify-tools build ## Tests by programs that only `make verify` brings
	$(VERIFY_ENVIRONMENT) Tests/Scripts/run-tests.sh --no-parallel --filter '$(VERIFY_TESTS)'

# SOAK='AFM_SOAK_SEED=7 AFM_SOAK_SECONDS=600' chooses; SOAK_TESTS names some of the runs.
.PHONY: soak
soak: verify-tools build ## The long runs: kills, faults of disks and brokers, damage; they print their seeds (Docs/Testing.md)
	$(VERIFY_ENVIRONMENT) AFM_SOAK=1 $(SOAK) Tests/Scripts/run-tests.sh --no-parallel --filter '$(SOAK_TESTS)'

# Sanitized builds have folders of their own; end to end they learn 5,000 flights.
.PHONY: thread-sanitizer
thread-sanitizer: test-tools ## Unit tests and a short end-to-end run under ThreadSanitizer
	$(call sanitized,thread)

.PHONY: address-sanitizer
address-sanitizer: test-tools ## The same under AddressSanitizer
	$(call sanitized,address)

# Rooms that know no thread: ThreadSanitizer has nothing to look at there, and takes long for it.
TESTS_WITHOUT_THREADS := AttentionalFM|CommandTable|Configuration|FeatureEncoding|Fitting|HTTP|JSONReading|NegativeSampling|ProgressiveValidation|Spelling|YAML
TESTS_LEFT_OUT_thread := |^($(TESTS_WITHOUT_THREADS))Tests[.]

define sanitized
$(SWIFT) build --build-tests --sanitize=$(1) --scratch-path $(BUILD)/$(1)
TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Scripts/thread-sanitizer.suppressions \
  Tests/Scripts/run-tests.sh --beside '$(TESTS_BESIDE)' --sanitize=$(1) --scratch-path $(BUILD)/$(1) --skip '$(VERIFY_TESTS)|EndToEndTests|RealKafka$(TESTS_LEFT_OUT_$(1))'
AFM_PROGRAMS=$(BUILD)/$(1)/debug Tests/Scripts/run-tests.sh --sanitize=$(1) --scratch-path $(BUILD)/$(1) --skip-build --no-parallel --filter SanitizedTests
endef
