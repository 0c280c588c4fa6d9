"""Call records: the journal that Asterisk writes, folded into one record per call.

Rule 1: this package knows nothing of `ivr`; it could be installed beside any dialplan that writes the same journal.
Rule 2: `record` and `fold` are pure, as are the modules of `journal`, `store` and others that say so in their first line.
Rule 3: what is above may use what is below: report, statistics, store, fold, journal, record.
"""
