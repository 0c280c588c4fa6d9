"""The journal that Asterisk writes: its lines, its marks and its clock (pure), and where it is read from (the edge).

The edge is `reader`, `table` and `sources`; the rest is pure.
"""
