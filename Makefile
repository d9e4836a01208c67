# Everything a clone needs: Python 3.11 or later, and make.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: help demo check-demo check test test-postgres test-mariadb test-newest
.PHONY: lint types migrations docs check-mutations check-wheel bench

help:  ## This list
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sort | awk -F ':.*  ## ' '{printf "%-16s %s\n", $$1, $$2}'

demo: .venv/.demo  ## A shop with a payment sandbox: PORT=…, SANDBOX_PORT=…
	@$(BIN)/python manage.py demo --port $(PORT)

check-demo: .venv/.demo  ## Plays what goes right and wrong with a sale, as a browser
	@$(BIN)/python -m example_project.check_demo

.venv:
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# Constraints, where there are any, keep the versions that are known to work together.
.venv/.demo: pyproject.toml $(wildcard constraints.txt) | .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -e ".[sandbox]" $(addprefix -c ,$(wildcard constraints.txt))
	@touch $@

# The suite. PYTEST_ARGS adds to pytest's own options; WORKERS=0 runs it in one process.
PYTEST_ARGS ?=
WORKERS ?= 2
PYTEST = -m pytest -q -r fE -n $(WORKERS) $(PYTEST_ARGS)
COVERED := payments_connect/services/*,payments_connect/gateways/*,payments_connect/models/*

test: .venv/.dev  ## The suite that needs no service, on SQLite, with branch coverage
	@$(BIN)/coverage erase
	@DATABASE_URL=sqlite://:memory: $(BIN)/coverage run $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='$(COVERED)' --fail-under=100

test-postgres: export DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
test-postgres: .venv/.dev  ## The suite on PostgreSQL (DATABASE_URL), races included
	@$(BIN)/python $(PYTEST)

test-mariadb: export DATABASE_URL ?= mysql://root@127.0.0.1:3306/test
test-mariadb: .venv/.mariadb  ## The suite on MariaDB (DATABASE_URL), races included
	@$(BIN)/python $(PYTEST)

# The newest Django we know instead of the constrained one, in its own environment.
NEWEST_PYTHON ?= $(PYTHON)
NEWEST_DJANGO ?= django>=6.1,<6.2
test-newest: .venv-newest/.dev  ## The suite on the newest Django: NEWEST_PYTHON=python3.13
	@.venv-newest/bin/python -c 'import sys, django; print("Django", django.__version__, "on Python", sys.version.split()[0])'
	@DATABASE_URL=sqlite://:memory: .venv-newest/bin/python $(PYTEST)

lint: .venv/.dev  ## Style, format and import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/lint-imports

types: .venv/.dev  ## mypy, strict
	@$(BIN)/mypy payments_connect tests example_project

migrations: .venv/.dev  ## Models and migrations agree; forward, back and forward again
	@$(BIN)/python -m tests.packaging.check_migrations

docs: .venv/.dev  ## docs/_build/html; every warning is an error
	@$(BIN)/sphinx-build -n -W --keep-going -q docs docs/_build/html && echo "docs/_build/html/index.html"

check-mutations: .venv/.dev  ## Each patch in tests/mutations breaks the test it names
	@$(BIN)/python -m tests.mutations.run

check-wheel: .venv/.dev  ## The built wheel installs and migrates where nothing else is
	@$(BIN)/python -m tests.packaging.check_wheel

bench: .venv/.dev  ## What a settled webhook costs: printed, never a test
	@$(BIN)/python -m tests.benchmarks.run

check: test lint types migrations docs check-demo check-wheel  ## All that needs no service

.venv/.dev: pyproject.toml constraints.txt | .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[dev]" -c constraints.txt
	@touch $@

.venv/.mariadb: .venv/.dev
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[mariadb]" -c constraints.txt || \
	  { echo "mysqlclient is built from source: apt-get install gcc python3-dev libmariadb-dev pkg-config"; exit 1; }
	@touch $@

.venv-newest/.dev: pyproject.toml constraints.txt
	@$(NEWEST_PYTHON) -m venv .venv-newest
	@grep -vi '^django==' constraints.txt > .venv-newest/constraints.txt
	@.venv-newest/bin/python -m pip install -qq --disable-pip-version-check -e ".[dev]" "$(NEWEST_DJANGO)" -c .venv-newest/constraints.txt
	@touch $@
