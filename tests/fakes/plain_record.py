"""One plain record, to be changed by `replace`: a caller rang 10 s after he came and was answered after 5 s more."""

from datetime import UTC, datetime, timedelta

from cdr.record.parts import Step, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, LedBy, StepKind, VisitResult

STARTED = datetime(2026, 10, 5, 7, 30, tzinfo=UTC)


def plain_record(*, started: datetime = STARTED, linkedid: str = "1.1", caller: str = "+37129123456") -> CallRecord:
    """Make a record of a call to Ķekava's information that was answered."""
    asked, connected = started + timedelta(seconds=10), started + timedelta(seconds=15)
    return CallRecord(
        linkedid=linkedid,
        service="kekava",
        number="8488",
        caller=caller,
        language="lv",
        started=started,
        answered=started,
        connected=connected,
        ended=connected + timedelta(seconds=60),
        seen_until=connected + timedelta(seconds=60),
        menu=timedelta(seconds=10),
        waiting=timedelta(seconds=5),
        talking=timedelta(seconds=60),
        disposition=Disposition.ANSWERED,
        hung_up_by="caller",
        hangup_cause=16,
        led_by=LedBy.ENGINE,
        rules="",
        engine="",
        complete=True,
        steps=(Step(asked, StepKind.RING, "anna", "kekava-information"),),
        redirections=(),
        legs=(),
        visits=(
            Visit(
                asked,
                "kekava-information",
                "r1",
                "key",
                asked,
                connected,
                timedelta(seconds=5),
                timedelta(seconds=60),
                VisitResult.ANSWERED,
            ),
        ),
    )
