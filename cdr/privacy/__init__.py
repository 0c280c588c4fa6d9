"""Citizens' numbers: sealed, shown, kept for a time, and let go."""
