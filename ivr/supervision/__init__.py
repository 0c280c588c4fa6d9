"""Supervision: who waits, who talks, which line is in trouble, and what supervisors do about it. A process of its own."""
