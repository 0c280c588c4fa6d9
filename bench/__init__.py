"""Load tests: `python -m bench.calls`."""
