"""Calls under way: derived from the journal as it grows, in the words of the records."""
