# Everything a person or a CI job does here. `make` alone says what there is.
# All of it runs from .venv, made from the lock files on first use and again when they change.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo run test prove lint format lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# the interpreter to build .venv with, and whether uv may help
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=
DEMO_ARGS ?= $(ARGS)
TEST_ARGS ?=
PROVE_ARGS ?=
# most tests wait for a neighbour most of the time, so twice as many processes as processors; more than eight only wait
# for the one database server
WORKERS := $(shell n=$$((2 * $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))); test "$$n" -lt 8 && echo "$$n" || echo 8)
RUN_COMMAND ?= -m payments_service.demo.run_local
CHECKED := src tests $(wildcard migrations benchmarks)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(READY) ## the whole story on this machine, nothing to install: make demo ARGS="--once --port 9000"
	@# with nobody at a terminal to end it, it plays the story and ends by itself
	@if [ -t 0 ] && [ -z "$$CI" ]; then once=; else once=--once; fi; \
	exec $(BIN)/payments-service demo $$once $(filter-out --once,$(DEMO_ARGS)) $(filter --once,$(DEMO_ARGS))

run: $(READY) ## the service for development, with a simulated Vipps and a database kept in .data/
	@$(BIN)/python $(RUN_COMMAND) $(ARGS)

test: $(READY) ## all tests: make test TEST_ARGS="-k refund"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(TEST_ARGS)

prove: $(READY) ## longer proofs: bugs that must be noticed, 100,000 lives: make prove PROVE_ARGS="--lives 1000 --seed 7"
	@$(BIN)/python -m tests.teeth.bite
	@$(BIN)/python -m tests.lives $(PROVE_ARGS)

lint: $(READY) ## style, types, architecture, lock files, nothing private committed
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m mypy $(CHECKED)
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }; echo "$$said" | tail -n 1
	@$(BIN)/python .ci/check_locks.py
	@.ci/check_private

format: $(READY) ## let ruff mend what it can
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

# hashes only, no comments and no index address: a lock says what, not where from
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock: ## resolve pyproject.toml into the lock files again (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock

clean: ## remove .venv, caches and the development database
	@rm -rf $(VENV) .data dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted build is begun anew; with it fresh the rule costs nothing.
$(READY): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed as $(PYTHON); name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making $(VENV) from requirements-dev.lock (half a minute at most, once) ..." >&2
	@rm -rf $(VENV)
ifneq ($(UV),)
	@$(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(PYTHON) -m venv $(VENV) || { echo "Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $(READY)
