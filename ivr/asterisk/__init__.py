"""The only place with AMI and AGI words: everything above it speaks of calls, events and actions."""
