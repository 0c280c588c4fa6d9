# The two commands of the README are `make run` and `make test`. Both install what they need.
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
IVR    := $(VENV)/bin/ivr
PYTEST := $(VENV)/bin/python -m pytest

.PHONY: run test check format bench clean

run: $(READY)
	$(IVR) run

test: check
	$(PYTEST)

check: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: $(READY)
	$(VENV)/bin/python -m bench.calls

$(READY): requirements.lock pyproject.toml tools/install
	PYTHON=$(PYTHON) VENV=$(VENV) tools/install
	touch $@

clean:
	rm -rf $(VENV) var dialplans/generated
