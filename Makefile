# Which activation function should my VAE use? `make help` explains the targets.
.DEFAULT_GOAL := help
.PHONY: help env report lab test lint bench lock clean
SHELL := /bin/bash

PYTHON ?= python3
STUDY ?= studies/default.yml
REPORTS ?= reports
BIN := .venv/bin
STAMP := .venv/.made-from-lock
UV := $(shell command -v uv 2>/dev/null)
# Every other variable on the command line is a field of the study: EPOCHS=5 SEEDS=3.
FIELDS = $(filter-out PYTHON=% STUDY=% REPORTS=% SCHEDULER=%,$(MAKEOVERRIDES))

help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## Build .venv from requirements.lock, with uv if there is one, else pip

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit( \
	  "PYTHON: $(PYTHON) is Python %d.%d; allowed: 3.11 to 3.13 (make env PYTHON=python3.12)" % v)'
ifdef UV
	$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" .venv
	$(UV) pip install --quiet --python .venv --compile-bytecode --require-hashes -r $<
	$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --offline -e .
else
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --no-build-isolation --no-index -e .
endif
	@touch $@

report: env ## Train and compare: STUDY=studies/article.yml, and fields such as EPOCHS=5
	@$(BIN)/python -m vaelib "$(STUDY)" $(FIELDS) --reports "$(REPORTS)" \
	  $(if $(SCHEDULER),--scheduler $(SCHEDULER))

lab: env ## Open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=. notebooks/03_explore.ipynb

test: env lint ## Check it all: modules, notebooks, a small study up to its page
	$(BIN)/python -m pytest

lint: env ## Check style
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .

bench: env ## Measure speed beside Keras and PyTorch: IMAGES=mnist ROUNDS=5 (installs PyTorch)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet torch==2.13.0
	@$(BIN)/python benchmarks/throughput.py --images $(or $(IMAGES),mnist5k) \
	  --rounds $(or $(ROUNDS),5)

lock: ## Choose the newest versions that pyproject.toml allows (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --upgrade \
	  --generate-hashes --prerelease disallow --python-version 3.11 --extra dev --no-annotate \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml

clean: ## Delete the environment and all that is not published
	rm -rf .venv; git clean -fdXq reports
