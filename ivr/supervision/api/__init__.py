"""The API over HTTP: one app, built from parts that it knows only by what they must be able to do."""
