"""Trying a call: what a citizen heard and what went over the wire, found in the audio and the packets themselves."""
