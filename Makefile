# Two commands: make run, make test. The rest is below and in `make help`.
VENV := .venv
PY := $(VENV)/bin/python
export PYTHON

# Done once for each content of the requirements: the stamp carries their checksum.
RUNTIME := $(VENV)/.runtime-$(shell cat requirements.txt | cksum | tr -d ' ')
DEV := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr -d ' ')

.DEFAULT_GOAL := help
.PHONY: help setup run test check dev chromium lint format types bench bench-gpu gallery clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile
	@echo "  PORT=8501 sets the port of make run, PYTHON=/path/to/python the Python of make setup,"
	@echo "  SINCE=origin/main the commit from which make check looks for changes"

setup: $(RUNTIME) ## Build .venv from the pinned requirements
	@echo "$(VENV) is ready."

run: $(RUNTIME) ## Open the dashboard in the browser
	@exec $(PY) -m streamlit run app.py $(if $(PORT),--server.port $(PORT))

test: lint types chromium ## Check everything: style, types, tests, the real browser
	# Once, before several processes would compile the same loops at the same time: each may round otherwise.
	$(PY) -m autoencode_core.training.compiling
	# What is at fault fails twice; a cluster that starts late, or a click that is lost, on a machine that is busy
	# elsewhere does not. Both runs are printed.
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser || \
		$(PY) -m pytest --ignore tests/browser --last-failed --last-failed-no-failures none
	$(PY) -m pytest tests/browser || $(PY) -m pytest tests/browser --last-failed --last-failed-no-failures none

check: lint types ## The quick look: style, types, and the tests of what changed since the last commit
	@tests=$$($(PY) tools/changed_tests.py $(SINCE)) && \
	if [ -n "$$tests" ]; then $(PY) -m pytest -q -n 2 --dist worksteal $$tests; \
	else echo "No tests for what changed."; fi

lint: dev ## Look for faults of style
	$(PY) -m ruff check
	$(PY) -m ruff format --check

format: dev ## Put the code into the house style
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

types: dev ## Check the types of the app and the core
	$(PY) -m mypy --strict app.py pages autoencode_core

bench: dev chromium ## Measure engine and player beside their peers, into benchmarks/RESULTS.md
	@sh tools/install.sh $(VENV) benchmarks/requirements.txt
	$(PY) benchmarks/gradient_step.py
	$(PY) benchmarks/sweep.py
	$(PY) benchmarks/scaling.py
	$(PY) benchmarks/quality.py
	$(PY) benchmarks/tables.py
	$(PY) benchmarks/player.py
	$(PY) benchmarks/regimes.py
	$(PY) benchmarks/limits.py

bench-gpu: dev ## Check and measure on a GPU, into benchmarks/RESULTS.md
	$(PY) benchmarks/gpu.py

gallery: $(RUNTIME) ## Train the runs of assets/gallery anew
	$(PY) assets/gallery/build.py

clean: ## Remove .venv and all caches; stored runs stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev: $(DEV)

chromium: dev
	@$(PY) tests/browser/find_chromium.py --install

$(RUNTIME): $(PY)
	@sh tools/install.sh $(VENV) requirements.txt
	@$(PY) -m autoencode_core.training.compiling
	@rm -f $(VENV)/.runtime-* $(VENV)/.dev-*
	@touch $@

$(DEV): $(RUNTIME)
	@sh tools/install.sh $(VENV) requirements-dev.txt
	@rm -f $(VENV)/.dev-*
	@touch $@

# Where Python itself is gone, the stamps no longer count.
$(PY): ;
