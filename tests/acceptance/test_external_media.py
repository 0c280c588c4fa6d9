"""Another institution answers: both sides hear each other, in every one of several calls at once.

With Asterisk's native RTP bridge 14 of 20 such calls were deaf on the citizen's side; dialplans/pbx/modules.conf leaves it out.
"""

from ivr.trial.plan import Plan, Press
from tests.acceptance.conftest import House, at_once, caller, record
from tests.acceptance.test_services import REPAIRS

CALLS = 8


def test_citizens_and_an_institution_hear_each_other(house: House) -> None:
    keys = (Press("3", 0.3), Press("1", 0.3))
    plans = {str(number): Plan("080011032", caller(), keys, talk=4.0) for number in range(CALLS)}
    for outcome in at_once(house, REPAIRS, plans).values():
        assert record(outcome)["answered_by"] == "+35932000103"
        assert "en/trial/phone" in outcome.prompts()
        assert any(item.name == "en/trial/citizen" for item in outcome.heard_by_phone)
