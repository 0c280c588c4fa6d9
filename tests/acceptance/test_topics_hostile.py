"""Whatever the manager is told about a topic, the dialplan writes one harmless line."""

import asyncio

from tests.acceptance.acting import noted
from tests.acceptance.conftest import House
from tests.acceptance.telling import over, topics
from tests.fakes.dialled import JournalEar
from tests.fakes.manager_client import ManagerClient


def test_whatever_the_manager_is_told_the_line_stays_one_line(house: House) -> None:
    """The second lock, behind that of the engine: the dialplan writes only signs that it knows."""
    ear = JournalEar(house.pair.journal)
    case = 'IVR_CASE=a"},{"\\x b${EPOCH}Ā-1'
    with ManagerClient(house.pair.pbx.ami) as client:
        client.login(house.settings.ami_user, house.pair.secrets.ami)
        where = {"Channel": "Local/topic@ivr-mark/n", "Context": "ivr-mark", "Exten": "i", "Priority": "1"}
        for told in (f"IVR_ABOUT=x-1,IVR_TOPIC=heat,{case}", "IVR_ABOUT=x-1", "IVR_TOPIC=heat"):
            client.ask("Originate", Async="true", Variable=told, **where)
        while len(done := _originated(client)) < 3:
            client.wait("OriginateResponse")
    assert sorted(done) == ["Failure", "Failure", "Success"]
    over(house)
    asyncio.run(noted(ear, lambda: bool(topics(ear))))
    (line,) = topics(ear)
    assert line.get("linkedid") == "x-1"
    assert not set(line.get("case")) & set('"\\{},$ ')


def _originated(client: ManagerClient) -> list[str]:
    return [event["Response"] for event in client.events if event.get("Event") == "OriginateResponse"]
