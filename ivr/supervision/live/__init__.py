"""The live view of the calls, and its comparison with Asterisk's own lists."""
