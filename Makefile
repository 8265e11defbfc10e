# SPDX-License-Identifier: MIT
#
# The front door. The build itself is meson's: see meson.build.

# Debian's own Python, for which its meson is made, before any other.
export PATH := /usr/bin:/bin:$(PATH)

PREFIX ?= /usr/local
DESTDIR ?=

# A folder that meson has set up has this file.
READY = build.ninja

.PHONY: help run test bench install clean
.DEFAULT_GOAL := help

help:
	@echo 'make run [ARGS=...]    the tour, then a web server at localhost:8081'
	@echo 'make test              build everything and run every test'
	@echo 'make bench [ARGS=...]  measure, each case beside its best peer'
	@echo 'make install           into PREFIX ($(PREFIX)), below DESTDIR'
	@echo 'make clean             remove all that was built'
	@echo
	@echo 'run, test and bench install the Debian packages they miss.'

run: build/$(READY)
	@echo '== Building'
	@ninja -C build --quiet
	@echo '== Running the tour'
	@tools/run $(ARGS)

test: build/$(READY)
	@echo '== Building and testing'
	@tools/test build

bench: build/release/$(READY)
	@echo '== Building the benchmarks'
	@ninja -C build/release --quiet
	@echo '== Measuring, into build/bench.jsonl'
	@bench/run build/release $(ARGS)

install: build/$(READY)
	@echo '== Building'
	@meson configure build -Dprefix='$(PREFIX)'
	@ninja -C build --quiet
	@echo '== Installing into $(DESTDIR)$(PREFIX)'
	@meson install -C build --no-rebuild --destdir '$(DESTDIR)'
	@# Programs find a new library at once, when it is really at its place.
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi

clean:
	@echo '== Removing build/'
	@rm -rf build

build/$(READY): | setup
	@echo '== Setting up build/'
	@meson setup build --werror

# Like build/, but measured as it is used: no assertions.
build/release/$(READY): | setup-bench
	@echo '== Setting up build/release/'
	@meson setup build/release --werror -Db_ndebug=true -Dbench=true

.PHONY: setup setup-bench
setup:
	@tools/setup

setup-bench:
	@tools/setup bench
