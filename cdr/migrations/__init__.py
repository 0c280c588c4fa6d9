"""Alembic's migrations of the record store; `Store.open` runs them."""
