"""What the rules would do, told and proved without a telephone. Pure: no clock, no I/O, no logger, no event loop."""
