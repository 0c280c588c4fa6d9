"""Citizens' requests that came by other ways than the telephone. `cases` is pure; `store` is the edge."""
