"""Calls as files for other programs. `columns` is pure; the rest is the edge."""
