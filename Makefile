# The face of the build; CMakePresets.json does the work. `make` alone lists the targets.
PRESET ?= release
JOBS   ?= $(shell nproc)

.PHONY: help build demo test browser contract check check-all sanitize thread fault generic fuzz golden bench docs install python wheel clean

help:
	@echo "make demo              a shop is made, read, learnt, forecast and reported: the whole way"
	@echo "make build             the program build/release/skua and the library"
	@echo "make test              build and run all tests"
	@echo "make browser           the console in Chromium, every screen in both languages"
	@echo "make contract          schemathesis against the service and openapi.json (needs PyPI)"
	@echo "make check             format, layers, symbols, banned calls, static analysis"
	@echo "make check-all         everything: sanitizers, threads, faults, generic, fuzz"
	@echo "make fuzz              fuzz every parser for a bounded time (FUZZ_SECONDS=20 each)"
	@echo "make bench [NAME=x]    list the benchmarks, or run one beside its peers"
	@echo "make golden            compute the golden values anew (needs PyPI)"
	@echo "make docs              write docs/config.md, the manual pages and other pages that are generated"
	@echo "make install           install (DESTDIR and PREFIX=/usr/local are honoured)"
	@echo "make python            test the Python package (needs PyPI); make wheel builds it"
	@echo "make clean             remove what was built (fetched libraries stay)"

build:
	@scripts/setup.sh build
	@scripts/web.sh
	@cmake --preset $(PRESET) -DSKUA_TESTS=OFF -DSKUA_BENCH=OFF -B build/$(PRESET)-plain >/dev/null
	@cmake --build build/$(PRESET)-plain -j $(JOBS)
	@ln -sfn $(PRESET)-plain/skua build/skua

demo: build
	@rm -rf build/demo && build/skua demo build/demo

test:
	@scripts/setup.sh test
	@scripts/web.sh
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build build/$(PRESET) -j $(JOBS)
	@ctest --test-dir build/$(PRESET) -j $(JOBS) --output-on-failure

check:
	@scripts/setup.sh check
	@cmake --preset release >/dev/null && cmake --build build/release -j $(JOBS)
	@scripts/check.sh build/release

sanitize thread generic:
	@scripts/setup.sh check
	@cmake --preset $@ >/dev/null
	@cmake --build build/$@ -j $(JOBS)
	@ctest --test-dir build/$@ -j $(JOBS) --output-on-failure

fault:
	@scripts/setup.sh check
	@cmake --preset fault >/dev/null
	@cmake --build build/fault -j $(JOBS) --target fault_tests
	@ctest --test-dir build/fault -j $(JOBS) --output-on-failure -R '^(test|must_fail)_fault'

fuzz:
	@scripts/setup.sh check
	@scripts/fuzz.sh $(or $(FUZZ_SECONDS),20)

browser: build
	@scripts/setup.sh browser
	@tests/browser/run.sh build/skua

contract: build
	@scripts/setup.sh bench
	@scripts/contract.sh build/skua

check-all: test sanitize check generic fault thread fuzz python browser contract
	@echo "check-all: everything passed"

golden:
	@scripts/golden.sh

bench:
	@scripts/setup.sh bench
	@cmake --preset release >/dev/null && cmake --build build/release -j $(JOBS)
	@bench/run.sh $(NAME)

docs: build
	@scripts/docs.sh build/skua
	@python3 scripts/man3.py >docs/skua.3

install: build
	@cmake --install build/$(PRESET)-plain --prefix $(or $(PREFIX),/usr/local)

python:
	@scripts/setup.sh bench
	@cmake --preset release >/dev/null && cmake --build build/release -j $(JOBS) --target libskua.so
	@scripts/python.sh test

wheel:
	@scripts/setup.sh bench
	@scripts/python.sh wheel

clean:
	@find build -mindepth 1 -maxdepth 1 ! -name prefix -exec rm -rf {} +
