"""Alarms: what would otherwise fail in silence is told, once, to whoever has to mend it."""
