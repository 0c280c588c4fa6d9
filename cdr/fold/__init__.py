"""The fold: the journal lines of one call become its record. Pure."""
