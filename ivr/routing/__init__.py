"""Where should this call go, at this instant? Pure: no clock, no I/O, no logger."""
