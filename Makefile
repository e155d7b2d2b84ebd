# Outreach: `make run` starts the service with invented data, `make test` runs everything. README.md tells the rest.

PYTHON ?= python3
PORT ?= 8000
JOBS ?= 2
SEED ?= 1
SAMPLE ?= 150
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
CATALOGUE := outreach/translations/messages.pot
# Without places and dates, so that it changes only when a sentence does.
EXTRACT := $(BIN)/pybabel --quiet extract --mapping=pyproject.toml --keywords='_l marked' --add-comments=Translators: \
	--no-location --omit-header --no-wrap --sort-output outreach templates --output

# Where a machine asks Python to keep no compiled modules, every process of a run would compile all of them anew: seconds each.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-quick mutants lint messages bench lock clean
.DEFAULT_GOAL := run

run: export OUTREACH_MODE = demo
run: export OUTREACH_BASE_URL ?= http://127.0.0.1:$(PORT)
run: export PORT := $(PORT)
run: $(VENV)/.installed
	@$(BIN)/outreach migrate
	@$(BIN)/outreach demo
	@exec $(BIN)/outreach serve --with-worker

# A file's tests stay together: they may share a service that took seconds to start. Journeys come first, as their folders do: a slow file
# at the end would leave the other process idle.
test: $(VENV)/.installed-dev
	@$(BIN)/pytest -q --numprocesses=$(JOBS) --dist=loadscope --no-loadscope-reorder

# For daily work: rules and use cases on SQLite, without drawn inputs, and only the first case of each parametrized test.
test-quick: $(VENV)/.installed-dev
	@$(BIN)/pytest -q --numprocesses=$(JOBS) --dist=loadscope --no-loadscope-reorder --quick tests/unit tests/use_cases

# Small faults, one at a time: does a test notice? PACKAGE=registration, PATHS=outreach/policy.py:40-60, TESTS=tests/unit; SAMPLE=0 takes every fault.
mutants: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.mutants --seed=$(SEED) --sample=$(SAMPLE) --jobs=$(JOBS) --package=$(PACKAGE) --paths=$(PATHS) --tests=$(TESTS)

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(EXTRACT) /dev/stdout | diff $(CATALOGUE) - || { echo "Sentences have changed: \`make messages\` writes them to $(CATALOGUE)." >&2; exit 1; }

# The sentences that translators work from: after a change of one.
messages: $(VENV)/.installed-dev
	@$(EXTRACT) $(CATALOGUE)

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks

# The environment is redone only when what it is made from has changed. Only what the lock names, with its hashes, comes in.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what Outreach needs into $(VENV) (once; about half a minute) ..."
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock > $(VENV)/build.lock
	@$(INSTALL) --require-hashes -r $(VENV)/build.lock
	@$(INSTALL) --require-hashes --use-pep517 --no-build-isolation -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what its tests need ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/bin/pip:
	@command -v $(PYTHON) > /dev/null || { echo "Outreach needs Python 3.11 or newer. On Debian and Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Outreach needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name a newer one: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) cannot make virtual environments here. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# After a change of the dependencies in pyproject.toml. UPGRADE=1 takes the newest versions it allows, otherwise what fits stays.
lock:
	@PYTHON=$(PYTHON) UPGRADE=$(UPGRADE) bash .ci/lock

clean:
	@rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
