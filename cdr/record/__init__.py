"""The call record: what one citizen met, its words, its parts, and its rows. Pure."""
