"""The report that a municipality publishes: one page in its language, made from the figures of a span of months.

    gather      what the store holds -> Gathered                       EDGE
    compose     Gathered -> Report: tables, sentences, charts          PURE
    suppress    hides the cells of the public variant                  PURE
    page, text_forms, pdf    Report -> html | md, json, csv | pdf

Rule 1: every number on the page comes from `cdr.statistics` or `cdr.cases.store`; this package computes none but shares
and differences.
Rule 2: charts and sentences are made from the tables after cells were hidden, so nothing hidden shows elsewhere.
Rule 3: names of services, lines, menus and topics are handed in; the records hold only their ids.
"""
