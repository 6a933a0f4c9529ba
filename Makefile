# Everything that is needed to use and to check Rapporteur. `make app` on a fresh machine is enough to ask questions.
PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt $(PIP_FLAGS)
SOURCES := pyproject.toml constraints.txt
# What a first run brings; other checkouts share it. LLM=auto: what fits in memory; none: quotations alone, nothing to
# compile; or a name of `rapporteur models`.
EMBEDDER := multilingual-e5-small
LLM ?= auto
TEST_LLM := Qwen2.5-Coder-0.5B-Instruct
# Processes that share the tests; 0 runs them one after the other.
WORKERS ?= 2

WRITES := $(filter-out none,$(LLM))

.PHONY: app ask index llm writer test check lint types browser clean
.DEFAULT_GOAL := app

app: .first index $(if $(WRITES),writer) ## the chat page on http://127.0.0.1:7860
	@$(BIN)/rapporteur serve $(if $(WRITES),,--llm none)

ask: index ## make ask Q="…"; answers with what is there
	@$(BIN)/rapporteur ask "$(Q)"

index: $(VENV)/.installed ## the index of seeds/; quick when nothing changed
	@$(BIN)/rapporteur models pull --quiet $(EMBEDDER)
	@$(BIN)/rapporteur build --quiet

llm: $(VENV)/.llm ## adds llama-cpp-python, which compiles for about five minutes

writer: $(VENV)/.llm ## the language model
	@$(BIN)/rapporteur models pull --quiet $(LLM)

.PHONY: .first
.first: ## what a first run takes, said once
	@[ -e $(VENV)/.installed ] || echo "A first run takes $(if $(WRITES),\
	about 2.3 GB of downloads and 12 minutes; without a language model (make app LLM=none) 1 GB and 4,\
	about 1 GB of downloads and 4 minutes)."

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rapporteur needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python $(SOURCES)
	@echo "Installing what Rapporteur needs into $(VENV): about 1 GB, two to four minutes …"
	@$(INSTALL) -q -e .
	@touch $@

$(VENV)/.llm: $(VENV)/.installed
	@echo "Compiling llama-cpp-python, about five minutes on two cores; pip says now and then that it lives …"
	@command -v c++ >/dev/null || { echo "There is no C++ compiler: sudo apt-get install g++, or make app LLM=none"; exit 1; }
	@$(INSTALL) -e '.[llm]' | grep -v '^Requirement already satisfied\|^Obtaining'
	@touch $@

$(VENV)/.dev: $(VENV)/.llm
	@$(INSTALL) -q -e '.[llm,server,eval,dev]'
	@touch $@

test: $(VENV)/.dev browser ## the set-up with everything and the small language model, then the gate
	@$(BIN)/rapporteur models pull --quiet $(EMBEDDER) $(TEST_LLM)
	@$(MAKE) --no-print-directory check

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

clean: ## everything that was made here; the models, which other checkouts share, stay
	rm -rf $(VENV) index/[0-9a-f]* index/CURRENT build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
