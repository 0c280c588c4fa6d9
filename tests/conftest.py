"""What holds for all tests."""

import logging
import signal
import threading
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.postgresql import database, empty_database, empty_file, new_place, postgresql, postgresql_alone

__all__ = ["database", "empty_database", "empty_file", "new_place", "postgresql", "postgresql_alone"]

# How long an example takes tells of the machine and of what else runs on it, not of the code.
# Every run draws other examples, so few of them each time find as much over the days.
settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")

# A shell that runs the tests in the background has SIGINT ignored, and so would every program that a test starts and ends.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Take back what a command of ours that ran in this process has set up for its logs."""
    known = [logging.getLogger(name) for name in ("ivr", "cdr")]
    before = [(one.level, list(one.handlers), one.propagate) for one in known]
    done = yield
    for one, (level, handlers, propagate) in zip(known, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)
    return done
