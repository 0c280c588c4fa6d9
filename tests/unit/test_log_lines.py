"""What a log line looks like."""

import logging
import sys

from ivr.logs import LineFormatter


def record(**fields: object) -> logging.LogRecord:
    made = logging.LogRecord("ivr.engine", logging.INFO, "", 0, "%s -> %s", ("asking", "connecting"), None)
    made.created, made.msecs = 1795290585.007, 7.0
    made.__dict__.update(fields)
    return made


def test_a_line_has_time_level_text_and_the_known_fields() -> None:
    line = LineFormatter().format(record(action="step", linkedid="pbx-1.0", other="x"))
    assert line == "2026-11-21T19:49:45.007Z INFO ivr.engine asking -> connecting action=step linkedid=pbx-1.0"


def test_a_traceback_follows_the_line() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        text = LineFormatter().format(record(exc_info=sys.exc_info()))
    assert text.splitlines()[0].endswith("asking -> connecting")
    assert text.splitlines()[-1] == "ValueError: odd"
