# The two commands of the README are `make run` and `make test`. Both install what they need.
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
IVR    := $(VENV)/bin/ivr
PYTEST := $(VENV)/bin/python -m pytest
FOLD   := $(wildcard cdr/fold*.py)

.PHONY: run test check coverage format bench clean

run: $(READY)
	$(IVR) run

test: check coverage
	$(PYTEST) tests/scenarios tests/integration tests/acceptance

check: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

coverage: $(READY)
	$(PYTEST) -q tests/unit tests/traces $(FOLD:cdr/%.py=--cov=cdr.%) --cov=ivr.routing --cov=ivr.calls --cov=cdr.record --cov-branch --cov-report=term-missing --cov-fail-under=100

bench: $(READY)
	$(VENV)/bin/python -m bench.calls

$(READY): requirements.lock pyproject.toml tools/install
	PYTHON=$(PYTHON) VENV=$(VENV) tools/install
	touch $@

clean:
	rm -rf $(VENV) var dialplans/generated
