"""The rules of a running engine: watched, checked and proved apart, installed, reloaded on demand."""
