# Every target sets up what it needs: Python >= 3.11 and make are enough.
VENV := .venv/bin
PYTHON ?= python3
export PYTHONDONTWRITEBYTECODE := # what is compiled once starts in half the time
.PHONY: help setup up down test suite lint format types recorded cluster engine golden fresh workflows security bench clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/ready ## Python packages and the Go toolchain, into .venv
.venv/ready: pyproject.toml uv.lock tools/setup.py
	@command -v $(PYTHON) >/dev/null || \
	{ echo "setup: there is no $(PYTHON); install Python 3.11 or newer, or say PYTHON=..."; exit 2; }
	@$(PYTHON) tools/setup.py

up: setup ## the whole product on this machine
	@$(VENV)/mpk up local

down: setup ## stop the local cluster; its data goes
	@$(VENV)/mpk local down

test: setup ## everything, side by side: lint, types, layers, and each tier of tests that can run here
	@$(MAKE) --no-print-directory --jobs lint types suite
suite: setup ; @$(VENV)/python -m tests.support.built && $(VENV)/pytest --numprocesses 6 --dist loadfile --no-loadscope-reorder && $(PYTHON) tools/setup.py --keep
lint: setup ## ruff and the layers
	$(VENV)/ruff format --check --quiet .
	$(VENV)/ruff check --quiet .
	$(VENV)/lint-imports --no-cache
format: setup ## put every file into form
	$(VENV)/ruff format . && $(VENV)/ruff check --fix .
types: setup ## basedpyright, strict (a larger nursery costs memory and saves a ninth of its time)
	NODE_OPTIONS=--max-semi-space-size=128 $(VENV)/basedpyright

recorded cluster engine: setup ## one tier of the tests
	$(VENV)/pytest --tier $@

golden: setup ## rewrite tests/golden, schemas/, infrastructure/ and docs/migrations.md; read the difference first
	$(VENV)/python -m tests.support.golden && $(VENV)/mpk schema
fresh: golden ; @! git status --porcelain -- tests/golden infrastructure schemas docs | grep . ## refuse stale generated files
workflows: setup ; @$(VENV)/python -m tests.support.workflows ## actionlint and zizmor, offline
security: setup ; @$(PYTHON) tools/setup.py checkov && $(VENV)/python -m tests.support.checkov ## Checkov over every stack on both clouds, offline

bench: setup ## time, memory, growth, and other tools beside them (about half an hour)
	@$(PYTHON) tools/setup.py bench && $(VENV)/python -m bench

clean: down ; rm -rf .venv .uv .pytest_cache .ruff_cache .hypothesis ## what can be made again
