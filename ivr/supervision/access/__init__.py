"""Who may do what: tokens, sessions, the users of the socket, the limits on guessing, and the audit of it all."""
