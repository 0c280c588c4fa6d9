"""Statistics over the record store: `docs/statistics.md` defines every figure.

`scope` says over which calls, `figures*` what comes out, `month` reads all of a report's figures at once.
"""
