"""What supervisors do to calls and rules, and that it is answered only after Asterisk confirmed it."""
