# The platform on one machine. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help run test soak nightly outage bench check format lock clean reset

# Python 3.11 or newer with venv: PYTHON=/path/to/python3.12 make run
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
# Only what this file sets reaches the tools; no Python is ever downloaded.
export UV_PYTHON_DOWNLOADS := never
# Compiled once here, not by each of the ten processes that start.
INSTALL := $(BIN)/uv pip install --compile-bytecode --quiet --python $(BIN)/python --require-hashes
# At least two, so that tests always prove that they can run beside one another.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 2 ] && echo "$$n" || echo 2)

help: ## Say what there is
	@echo "Keno platform"
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'
	@echo "  PORT=8001 make run listens on another port; PYTHON=python3.12 make run takes another Python."

run: $(VENV)/run.stamp ## Start everything on this machine, with a demo; Ctrl-C stops it
	@exec $(BIN)/python -m keno_platform.local run

test: $(VENV)/dev.stamp ## Run the tests, in parallel, with servers of their own
	$(BIN)/python -m pytest -n $(WORKERS)

MINUTES ?= 30
soak: $(VENV)/dev.stamp ## Play the demo for MINUTES (30), with KILLS=1 killing its parts, and check the books
	MINUTES=$(MINUTES) KILLS=$(KILLS) $(BIN)/python -m pytest tests/proofs/test_soak.py -m proof -s

nightly: $(VENV)/dev.stamp ## Prove what takes longer than a test may: a million draws
	$(BIN)/python -m pytest tests/proofs/test_statistics.py -m proof -s

outage: MINUTES := $(if $(filter command line environment,$(origin MINUTES)),$(MINUTES),10)
outage: $(VENV)/dev.stamp ## Play the demo for MINUTES (10) with the chain's node stopped, and see it catch up
	MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/proofs/test_outage.py -m proof -s

bench: $(VENV)/dev.stamp ## Measure, each against its yardstick, with servers of their own
	@for one in bench/*_bench.py; do \
	    $(BIN)/python -m keno_platform.local with-servers -- $(BIN)/python $$one || exit 1; \
	done

# The settings refuse to load without these; nothing here connects with them.
check: export KENO_SECRET_KEY := throw-away
check: export KENO_SEAL_KEY := 0000000000000000000000000000000000000000000000000000000000000000
check: export DATABASE_URL := postgresql://nobody@127.0.0.1:1/none
check: export REDIS_URL := redis://127.0.0.1:1/0
check: $(VENV)/dev.stamp ## Check format, lint, types, the rooms' imports and migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m keno_platform.local with-servers -- $(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/dev.stamp ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/python.stamp ## Choose versions anew and write requirements/*.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml --extra local -o requirements/run.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml --extra local --extra analysis --group dev \
	    --constraint requirements/run.lock -o requirements/dev.lock

clean: ## Remove the environment and caches, and keep the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset: $(VENV)/run.stamp ## Remove the data, secrets and logs of `make run`
	$(BIN)/python -m keno_platform.local reset

$(VENV)/run.stamp: $(VENV)/python.stamp requirements/run.lock
	@echo "Installing what the platform needs ..."
	@$(INSTALL) -r requirements/run.lock
	@touch $@

$(VENV)/dev.stamp: $(VENV)/python.stamp requirements/dev.lock
	@echo "Installing what the platform and its tests need ..."
	@$(INSTALL) -r requirements/dev.lock
	@touch $@

$(VENV)/python.stamp: requirements/bootstrap.lock
	@found=; \
	for candidate in $(or $(PYTHON),python3 python3.11 python3.12 python3.13); do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	    then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "No Python 3.11 or newer with the modules venv and ensurepip among: $(or $(PYTHON),python3 python3.11 python3.12 python3.13)." >&2; \
	    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make run PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	echo "Making the environment in $(VENV) with $$("$$found" --version) ..."; \
	"$$found" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@
