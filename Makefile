# The two commands of the README are `make run` and `make test`. Both install what they need.
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
IVR    := $(VENV)/bin/ivr
PYTEST := $(VENV)/bin/python -m pytest
ALARMS := alarm facts rules watched derive
# Tests of the pure core: run once, with their branches counted. `make test` runs all others after them.
CORE   := $(foreach part,calls decide hours routing proof fold record journal alarms,$(wildcard tests/unit/test_$(part)_*.py)) tests/traces
# Two processes fill two processors; three, where browsers and databases are waited for. Calls mostly wait: four make them
# side by side, and what has no clock (the pure core and the other unit tests) gets the time that they leave. The load has
# the machine to itself.
OTHERS := unit traces acceptance office
LOAD   := tests/acceptance/test_reload_under_load.py
# What supervision shows, beside Asterisk's own lists, under load: it measures, so it has the machine to itself and its own target.
TRUTH  := tests/acceptance/test_supervision_truth.py
APART  := --dist loadfile
# What has no clock among the other tests of parts joined: the API in one process.
CALM   := $(wildcard tests/integration/test_supervision_api_*.py)
# numpy's threads would wait for each other on two processors that are full already.
export OPENBLAS_NUM_THREADS := 1
# pytest keeps what it has compiled of the tests, or each of its processes compiles all of them: 5 s of processor each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test compiled packages rest acceptance check clockless unit coverage office fuzz format bench bench-rules bench-records bench-supervision long truth chaos soak clean

run: $(READY)
	$(IVR) run

test: $(READY)
	$(MAKE) -j 3 check compiled packages
	$(MAKE) rest
	$(MAKE) -j 2 acceptance clockless
	$(PYTEST) $(LOAD)

compiled: $(READY)
	@$(PYTEST) -q --collect-only tests >/dev/null || true  # what is wrong is told when the tests run

packages:
	tools/install-for-tests

rest: $(READY) packages
	$(PYTEST) -n 3 $(APART) -m "not long" tests $(OTHERS:%=--ignore=tests/%) $(CALM:%=--ignore=%)

clockless: $(READY)
	$(MAKE) coverage
	$(MAKE) unit

unit: $(READY)
	nice -n 19 $(PYTEST) -q -n 2 $(APART) -m "not long" $(CALM) tests/unit $(CORE:%=--ignore=%)

acceptance: $(READY)
	$(PYTEST) -n 4 $(APART) --no-loadscope-reorder tests/acceptance $(LOAD:%=--ignore=%) --ignore=$(TRUTH)

check: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

coverage: $(READY)
	nice -n 19 $(PYTEST) -q -n 2 $(APART) $(CORE) --cov=cdr.fold --cov=cdr.record --cov=cdr.journal.clock --cov=cdr.journal.marks --cov=cdr.journal.places $(ALARMS:%=--cov=ivr.alarms.%) --cov-branch --cov-report=term-missing --cov-fail-under=100

# Exports opened in the real LibreOffice, a package of 300 MB: not part of `make test`.
office: $(READY)
	@command -v soffice >/dev/null 2>&1 || apt-get install -y -q --no-install-recommends libreoffice-calc >&2
	$(PYTEST) tests/office

# Is what supervision shows the truth? 20 calls a second with every kind of transfer, beside Asterisk's own lists.
truth: $(READY) packages
	$(PYTEST) $(TRUTH)

# Every size in every language and the like; and the dear properties with eight times the examples of `make test`.
long: $(READY) packages
	$(PYTEST) -n 2 $(APART) -m long tests
	IVR_EXAMPLES=4 $(PYTEST) -n 2 $(APART) $(shell grep -l 'examples import some' tests/unit/*.py)

fuzz: $(READY)
	IVR_MUTANTS=10000 $(PYTEST) -q -n 2 tests/fuzz

bench: $(READY)
	$(VENV)/bin/python -m bench.calls

bench-rules: $(READY)
	$(VENV)/bin/python -m bench.rules

bench-records: $(READY) packages
	$(VENV)/bin/python -m bench.records $(RECORDS)

bench-supervision: $(READY) packages
	$(VENV)/bin/python -m bench.supervision

# One thing is broken at a time under a load of real calls (docs/chaos.md). Needs root, SIPp, libfaketime and PostgreSQL.
chaos: $(READY)
	@dpkg -s libfaketime >/dev/null 2>&1 || apt-get install -y -q --no-install-recommends libfaketime >&2
	$(VENV)/bin/python -m tests.chaos $(CHAOS)

soak: $(READY)
	$(VENV)/bin/python -m tests.chaos.soak $(SOAK)

$(READY): requirements.lock pyproject.toml tools/install
	PYTHON=$(PYTHON) VENV=$(VENV) tools/install
	touch $@

clean:
	rm -rf $(VENV) var dialplans/generated
