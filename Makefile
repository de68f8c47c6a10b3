# Two commands matter: `make run` and `make test`. `make help` lists the others.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
# A lock that changes has another stamp, so an environment is brought up to date once, and never twice.
RUN_READY := $(VENV)/.run-$(shell cksum < requirements.lock | tr ' ' -)
DEV_READY := $(VENV)/.dev-$(shell cksum < requirements-dev.lock | tr " " -)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes
SOURCES := config live notifications postmortems incidents runbooks accounts outbox tests benchmarks manage.py
TEMPLATES := find templates -name '*.html' -print0 | xargs -0

.DEFAULT_GOAL := help
.PHONY: help run demo test check chaos bench bench-sweep bench-sending bench-insights mutations format lock screenshots clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

run: $(RUN_READY) ## Start Allclear and print its address (PORT, ALLCLEAR_HOME, DATABASE_URL, REDIS_URL)
	@exec $(BIN)/python -m config.supervisor

demo: $(RUN_READY) ## Fill in a made-up organisation to try things out with
	@$(BIN)/python -m config.prepare demo
	@echo "Start it with: make run"

test: $(DEV_READY) ## Run every test on every processor, or those of TESTS in one process
	@.ci/needs
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(or $(TESTS),-n auto --dist worksteal)

check: $(DEV_READY) ## Format, lint, types, layers, templates, migrations, deployment
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(TEMPLATES) $(BIN)/djade --check --target-version 5.2
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	@ALLCLEAR_SECRET_KEY=$$(head -c 40 /dev/urandom | base64) ALLCLEAR_HTTPS=1 \
		ALLCLEAR_TRUSTED_PROXIES=1 ALLCLEAR_SITE_URL=https://incidents.example.com \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

chaos: $(DEV_READY) ## Kill everything in turn while nudges are due, and count what arrived (SECONDS, SEED)
	@.ci/needs
	@$(BIN)/python -m tests.chaos

bench: $(DEV_READY) ## Measure Allclear against a bare Django project (PARTS, and ARGS such as "--sizes 1000")
	@$(BIN)/python -m benchmarks $(PARTS) $(ARGS)

bench-sweep: $(DEV_READY) ## Time the sweep with a million waiting clocks against an empty table
	@$(BIN)/python -m benchmarks.sweep

bench-sending: $(DEV_READY) ## Time one worker's sends against the cheapest way to hand over the same messages
	@$(BIN)/python -m benchmarks.sending

bench-insights: $(DEV_READY) ## Time the page of figures over 100,000 incidents of one year
	@$(BIN)/python -m benchmarks.insights

mutations: $(DEV_READY) ## Take out each safety line in turn, and see the tests go red
	@$(BIN)/python -m tests.mutations

format: $(DEV_READY) ## Put code and templates in shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	@$(TEMPLATES) $(BIN)/djade --target-version 5.2

lock: $(DEV_READY) ## Pin the newest versions that pyproject.toml admits
	$(BIN)/python -m config.lock

screenshots: $(DEV_READY) ## Remake the pictures in docs/screenshots
	@$(BIN)/python docs/screenshots/remake.py

clean: ## Remove the environment; .allclear, which holds your data, stays
	rm -rf $(VENV)

$(RUN_READY): | $(BIN)/python
	@echo "Installing what Allclear needs (once, about a minute)"
	@$(PIP) -r requirements.lock
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_READY): | $(BIN)/python
	@echo "Installing what Allclear and its tests need (once, about two minutes)"
	@$(PIP) -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* && touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Allclear needs Python 3.11 or later." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make a virtual environment: apt-get install python3-venv" >&2; exit 1; }
