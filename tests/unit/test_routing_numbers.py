"""Numbers as trunks deliver them, found in the rules."""

import pytest

from ivr.routing.numbers import normal, service_of
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Did, RulesVersion, ServiceId

WRITTEN = {
    "8488": "kekava",
    "+371 63005522": "jelgava",
    "63005522": "jelgava",
    "1520": "kryvyi-rih",
    "499-1520": "kryvyi-rih",
    "080011032": "plovdiv",
}
RULES = Ruleset(
    RulesVersion("v"), {}, {}, {}, {}, {normal(number): ServiceId(name) for number, name in WRITTEN.items()}
)


@pytest.mark.parametrize(
    ("did", "service"),
    [
        ("8488", "kekava"),
        (" 8488 ", "kekava"),
        ("+37163005522", "jelgava"),
        ("0037163005522", "jelgava"),
        ("37163005522", "jelgava"),
        ("+371 6300-55-22", "jelgava"),
        ("63005522", "jelgava"),
        ("4991520", "kryvyi-rih"),
        ("080011032", "plovdiv"),
        ("+38048488", None),
        ("848", None),
        ("84888", None),
        ("", None),
        ("+", None),
        ("${EXTEN}", None),
        ("8488\r\nAction: Hangup", None),
    ],
)
def test_service_of(did: str, service: str | None) -> None:
    assert service_of(Did(did), RULES) == service
