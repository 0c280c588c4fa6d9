"""The record store: journal lines in, call records out, on SQLite or PostgreSQL. The edge; only `packed` is pure."""
