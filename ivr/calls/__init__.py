"""One call as a state machine. Pure: events in, actions out; no clock, no I/O, no logger."""
