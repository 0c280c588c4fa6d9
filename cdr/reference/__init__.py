"""Reference journals: made-up calls whose reports give the figures that two municipalities published.

Rule 1: the same seed gives the same bytes; nothing reads a clock.
Rule 2: the lines have the shape that our own PBX writes, so that they go through the whole pipeline.
Rule 3: no citizen stands in them: every number is drawn by lot.
"""
