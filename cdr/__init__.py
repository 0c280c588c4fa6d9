"""Call records: the journal that Asterisk writes, folded into one record per call.

Rule 1: this package knows nothing of `ivr`; it could be installed beside any dialplan that writes the same journal.
Rule 2: `record`, `journal_line`, `journey`, `masking` and `fold*` are pure; `journal`, `store` and `recorder` are
the edge.
"""
