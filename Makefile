# Everything that is needed to use and to check Rapporteur. `make app` on a fresh machine is enough to ask questions.
PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt $(PIP_FLAGS)
SOURCES := pyproject.toml constraints.txt
# Processes that share the tests; 0 runs them one after the other.
WORKERS ?= 2

.PHONY: app ask index llm test check lint types browser clean
.DEFAULT_GOAL := app

app: index ## the chat page on http://127.0.0.1:7860
	$(BIN)/rapporteur serve

ask: index ## make ask Q="…"
	@$(BIN)/rapporteur ask "$(Q)"

index: $(VENV)/.installed ## the index of seeds/; quick when nothing changed
	@$(BIN)/rapporteur build

llm: $(VENV)/.llm ## adds llama-cpp-python, which compiles for about five minutes

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rapporteur needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python $(SOURCES)
	@echo "Installing what Rapporteur needs into $(VENV) (a few minutes the first time) …"
	$(INSTALL) -e .
	@touch $@

$(VENV)/.llm: $(VENV)/.installed
	@echo "Compiling llama-cpp-python (about five minutes) …"
	$(INSTALL) -e '.[llm]'
	@touch $@

$(VENV)/.dev: $(VENV)/.llm
	$(INSTALL) -e '.[llm,server,eval,dev]'
	@touch $@

test: $(VENV)/.dev browser check ## the set-up with everything, then the gate

check: lint types ## the gate on what is installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

browser: ## Chromium and Chinese glyphs for the browser tests, where this user may install them
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "The browser tests need: sudo apt-get install chromium fonts-noto-cjk"; fi

clean: ## everything that was made here
	rm -rf $(VENV) index/[0-9a-f]* index/CURRENT build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
