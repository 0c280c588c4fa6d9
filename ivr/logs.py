"""Log lines: time, level, logger, text, and the fields `action` and `linkedid` where a line has them."""

import logging
import sys
import time

FIELDS = ("action", "linkedid")


class LineFormatter(logging.Formatter):
    """Formats a record as `time level logger text field=value ...`; the time is UTC with milliseconds."""

    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Add the known fields behind the text."""
        text = super().format(record)
        found = [f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name)]
        return " ".join([text, *found])


def set_up(level: str) -> None:
    """Write the logs of `ivr` and `cdr` to stderr from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = LineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    for name in ("ivr", "cdr"):
        logger = logging.getLogger(name)
        logger.setLevel(level.upper())
        logger.handlers = [handler]
        logger.propagate = False
