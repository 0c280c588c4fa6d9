"""Trial calls: a citizen who dials, listens and presses keys; joins the simulated network, hearing and the journal."""
