"""Log lines: time, level, logger, text, and the fields `action` and `linkedid` where a line has them."""

import logging
import sys
import time

FIELDS = ("action", "linkedid")


class LineFormatter(logging.Formatter):
    """Formats a record as `time level logger text field=value ...`; the time is UTC with milliseconds.

    Written out by hand: a busy engine spends a fifth of its time on log lines made by the general formatter.
    """

    def __init__(self) -> None:
        super().__init__()
        self._second = -1
        self._shown = ""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line; a traceback follows on lines of its own."""
        second = int(record.created)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        text = f"{self._shown}.{int(record.msecs):03d}Z {record.levelname} {record.name} {record.getMessage()}"
        for name in FIELDS:
            value = record.__dict__.get(name)
            if value is not None:
                text = f"{text} {name}={value}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def set_up(level: str) -> None:
    """Write the logs of `ivr` and `cdr` to stderr from `level` on."""
    # Not shown, so not collected: the place in the source costs a walk through the stack for each line.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    for name in ("ivr", "cdr"):
        logger = logging.getLogger(name)
        logger.setLevel(level.upper())
        logger.handlers = [handler]
        logger.propagate = False
