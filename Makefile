.DEFAULT_GOAL := help # explains the targets
.PHONY: help env report open claims publish lab test lint audit bench validate mutants lock clean
PYTHON ?= python3
export STUDY ?= studies/default.yml
export REPORTS ?= reports
BIN := .venv/bin
STAMP := .venv/.made-from-lock
UV := $(shell command -v uv 2>/dev/null)
# Others on the command line are fields (EPOCHS=5); values pass by the environment, never expanded.
GIVEN := $(foreach word,$(MAKEOVERRIDES),$(if $(findstring command,$(origin $(firstword $(subst =, ,$(word))))),$(firstword $(subst =, ,$(word)))))
$(foreach name,$(sort $(GIVEN) STUDY REPORTS SCHEDULER),$(eval override $(name) := $$(value $(name)))$(eval export $(name)))
ROUNDED = $(if $(ROUNDS),--rounds "$$ROUNDS")
FIELDS = $(foreach name,$(filter-out PYTHON STUDY REPORTS SCHEDULER SHARED_FOLDER DEVICE VAELIB_%,$(GIVEN)),"$(name)=$$$(name)")

help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
env: $(STAMP) ## Build .venv from requirements.lock, with uv if there is one, else pip
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit("PYTHON: Python %d.%d; allowed: 3.11 to 3.13" % v[:2])'
ifdef UV
	$(UV) -q venv --clear --python "$$(command -v $(PYTHON))" .venv
	$(UV) -q pip install --python .venv --compile-bytecode --require-hashes -r $<
	$(UV) -q pip install --python .venv --no-deps --no-build-isolation --offline -e .
else
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
endif
	@touch $@
report: env ## Train and compare: STUDY=studies/article.yml, and fields such as EPOCHS=5
	@exec $(BIN)/python -m vaelib --reports "$$REPORTS" $(if $(SCHEDULER),--scheduler "$$SCHEDULER") $(if $(filter DEVICE,$(GIVEN)),--device "$$DEVICE") $(if $(filter SHARED_FOLDER,$(GIVEN)),--shared-folder "$$SHARED_FOLDER") -- "$$STUDY" $(FIELDS)
open: ## Show the page of all studies in a browser
	@$(PYTHON) -m webbrowser -t "file://$$(realpath "$$REPORTS")/index.html"
claims: env ## Test the claims of articles on all finished studies: reports/claims.html
	@$(BIN)/python -m vaelib.study.audit "$$REPORTS"
publish: env ## Copy a report to reports/published, which is committed: STUDY=studies/depth.yml
	@$(BIN)/python -m vaelib.study.publish "$$REPORTS" "$$STUDY"
lab: env ## Open JupyterLab on copies of the notebooks in lab/, which keeps your changes
	@mkdir -p lab; for n in notebooks/*.ipynb; do [ -e lab/$${n##*/} ] || cp $$n lab/; done
	$(BIN)/jupyter lab --notebook-dir=. $$([ "$$(id -u)" != 0 ] || echo --allow-root) lab/00_start.ipynb
test: env lint ## Check it all: modules, notebooks, a small study up to its page
	$(BIN)/python -m pytest
lint: env ## Check style, and that packages import downwards only
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check . && $(BIN)/lint-imports --no-cache --no-logo
audit: env ## Look up known vulnerabilities of what requirements.lock pins (installs pip-audit)
	@a=.venv/audit; { $$a/bin/pip-audit --version || { $(BIN)/python -m venv $$a && $$a/bin/pip install --retries 1 pip-audit==2.10.1; }; } >$$a.log 2>&1 \
	  && $$a/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock 2>$$a.log; code=$$?; echo "audit: $$(tail -n 1 $$a.log)" >&2; exit $$code
bench: env ## Measure speed, beside Keras and PyTorch, too: IMAGES=mnist ROUNDS=5 (installs PyTorch)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet torch==2.13.0
	@$(BIN)/python benchmarks/throughput.py $(if $(IMAGES),--images "$$IMAGES") $(ROUNDED) && $(BIN)/python benchmarks/convolutions.py $(ROUNDED) && for name in checks activations race scale; do $(BIN)/python benchmarks/$$name.py || exit; done
validate: env ## Check closed forms and published figures, an hour: IMAGES=mnist.npz ONLY=ppca
	@$(BIN)/python benchmarks/validate.py $(if $(IMAGES),--images "$$IMAGES") $(if $(ONLY),--only "$$ONLY")
mutants: env ## Plant small faults, and see whether tests notice: CODE=vaelib/analysis SAMPLE=200 (installs Cosmic Ray)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet cosmic-ray==8.7.0
	@$(BIN)/python tests/mutants.py $(if $(SAMPLE),--sample "$$SAMPLE") $(if $(CODE),"$$CODE")
lock: ## Choose the newest versions that pyproject.toml allows (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) -q pip compile -U --universal --generate-hashes --prerelease disallow \
	  --python-version 3.11 --extra dev --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock pyproject.toml
clean: ## Delete the environment and all reports that are not published
	rm -rf .venv; git clean -fdXq reports
