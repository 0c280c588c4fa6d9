"""Our files beside those of an Asterisk that a town already runs: put there, kept up to date, and taken away again."""
