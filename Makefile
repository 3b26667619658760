# Everything from a fresh clone: `make run` serves, `make test` tests. `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
WIDGET := assistant/channels/widget
# `make test OLD_PROCESSOR=v3` hides newer instructions from every library, and has an index of its own.
OLDER := $(if $(OLD_PROCESSOR),$(VENV)/older.so)
HIDDEN := $(if $(OLD_PROCESSOR),LD_PRELOAD=$(CURDIR)/$(VENV)/older.so OLD_PROCESSOR=$(OLD_PROCESSOR))
APART := $(if $(OLD_PROCESSOR),-o cache_dir=.pytest_cache/$(OLD_PROCESSOR))

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test lint widget format evaluate bench

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## make .venv and install what running needs

$(VENV)/.installed: pyproject.toml constraints.txt install.sh
	@PYTHON=$(PYTHON) sh install.sh $(VENV) torch
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt install.sh
	@PYTHON=$(PYTHON) sh install.sh $(VENV) dev
	@touch $(VENV)/.installed $@

run: setup ## build the index and serve on http://127.0.0.1:8000 (PORT=9000 for another port)
	@$(BIN)/dlstart serve --port $(PORT)

test: $(VENV)/.installed-test $(OLDER) ## run every test (OLD_PROCESSOR=v3: as on a processor with AVX2 and nothing newer; v2: SSE 4.2)
	@$(HIDDEN) $(BIN)/python -m pytest -n auto $(APART)

$(VENV)/older.so: tests/processor/older.c $(VENV)/.installed-test
	@$(CC) -shared -fPIC -O1 -o $@ $<

lint: $(VENV)/.installed-test ## check style, types and the import order
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config pyproject.toml
	@if [ -d $(WIDGET)/node_modules ]; then npm --prefix $(WIDGET) run --silent check && npm --prefix $(WIDGET) run --silent types; fi

widget: ## build widget.js from its sources (needs Node.js)
	@npm ci --silent --no-fund --no-audit --prefix $(WIDGET)
	@npm --prefix $(WIDGET) run --silent build

format: $(VENV)/.installed-test ## format the code
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format -q .

evaluate: $(VENV)/.installed-test ## measure the answers and write the baseline that the tests compare with
	@DLSTART_DATA_DIR=.dlstart $(BIN)/python -m assistant evaluate tests/questions/questions.jsonl tests/questions/dialogues.jsonl --out .dlstart/evaluation --record

bench: $(VENV)/.installed-test ## measure dlstart beside other libraries into docs/performance.md (QUICK=1: a short look, printed)
	@$(BIN)/python -m tests.benchmarks.side_by_side
