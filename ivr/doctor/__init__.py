"""Is a live installation sound? Facts are gathered at the edge, judged by pure checks, and printed one line each."""
