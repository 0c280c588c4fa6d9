"""Faults on purpose: `python -m tests.chaos` breaks one thing at a time under a load of real calls."""
