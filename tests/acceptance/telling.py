"""What tests of topics share: a telephone that dials, and what the journal then says."""

from cdr.journal.line import JournalEvent
from tests.acceptance.conftest import House, idle
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import blocked_until
from tests.fakes.softphone import Softphone

HOST = "127.0.0.5"


def dial(house: House, user: str, number: str) -> str:
    """Dial as a telephone, or as the citizen's softphone; give the answer."""
    secrets = house.pair.secrets
    server = (house.settings.sip_host, house.settings.sip_port)
    with Softphone(HOST, server, user, secrets.citizen if user == "citizen" else secrets.phone) as phone:
        return phone.call(number).removeprefix("SIP/2.0 ")


def topics(ear: JournalEar) -> list[JournalEvent]:
    """Give the topics that the journal told, by their time."""
    found = (event for events in list(ear.events.values()) for event in events if event.type == "IVR_TOPIC")
    return sorted(found, key=lambda event: event.at)


def over(house: House) -> None:
    """Wait until the PBX has no channel left."""
    blocked_until(lambda: idle(house.pair.pbx), told=lambda: house.pair.pbx.cli("core show channels concise"))
