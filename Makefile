# Everything a clone needs: Python 3.11 or later, and make.
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 12111
BIN := .venv/bin

.PHONY: demo check-demo

demo: .venv/.demo  ## A shop with a payment sandbox: PORT=…, SANDBOX_PORT=…
	@PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) $(BIN)/python -m example_project.demo

check-demo: .venv/.demo  ## Plays what goes right and wrong with a sale, as a browser
	@$(BIN)/python -m example_project.check_demo

.venv:
	$(PYTHON) -m venv .venv

# Constraints, where there are any, keep the versions that are known to work together.
.venv/.demo: pyproject.toml $(wildcard constraints.txt) | .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -e ".[sandbox]" $(addprefix -c ,$(wildcard constraints.txt))
	@touch $@
