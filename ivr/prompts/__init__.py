"""Prompts: texts under `recordings/prompts/<language>/` and the recordings beside them.

Rule 1: a recording without our mark was made by people and is never written to.
"""
