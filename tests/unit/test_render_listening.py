"""Who may be listened to, as the dialplan knows it; and what of an order reaches it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.asterisk.render_check import missing_targets
from ivr.asterisk.render_fallback import fallback
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId
from tests.fakes.everything import everything
from tests.unit.test_render_dialplan import TODAY

LISTEN = Path("dialplans/pbx/listen.conf").read_text()
STEPS = [line.partition(";")[0] for line in LISTEN.splitlines() if line.startswith(("exten =>", " same =>"))]
DESK = DestinationId("all-few")


def private(rules: Ruleset) -> set[str]:
    """Give the contexts that say that nobody may listen."""
    context, found = "", set()
    for line in fallback(rules, TODAY).splitlines():
        context = line[1:-1] if line.startswith("[") else context
        if line == "exten => private,1,Return()":
            found.add(context)
    return found


def test_only_private_destinations_and_their_phones_say_so() -> None:
    rules = everything()
    assert private(rules) == set()
    changed = replace(rules, destinations={**rules.destinations, DESK: replace(rules.destinations[DESK], private=True)})
    assert private(changed) == {f"ivr-everything-d-{name}" for name in ("all-few", "kekava-utility-1")}
    assert len(missing_targets([fallback(changed, TODAY)])) == len(missing_targets([fallback(rules, TODAY)]))


@pytest.mark.parametrize("name", ["IVR_LISTENS", "IVR_MODE", "IVR_LISTENER", "IVR_BY", "IVR_LANGUAGE", "IVR_PROMPT"])
def test_what_is_given_with_an_order_is_cleaned_before_it_is_used(name: str) -> None:
    uses = [step for step in STEPS if f"${{{name}" in step]
    assert uses
    assert [step for step in STEPS if re.search(rf"FILTER\([^,]+,\$\{{{name}\}}\)", step)]


def test_nothing_is_dialled_and_nobody_is_recorded() -> None:
    assert not [step for step in STEPS if re.search(r"\b(Dial|Originate|MixMonitor|System|AGI)\(", step)]


def test_whoever_listens_is_heard_only_as_asked_and_chooses_nobody_else_by_keys() -> None:
    """`w` and `B` let others hear; `u` and `X` keep keys from choosing another channel, `E` and `S` end it with the call."""
    options = re.findall(r"ChanSpy\(\$\{\w+\},(\w+)\)", LISTEN)
    assert options == ["uqESX", "uqESXw", "uqESXB", "uqESXW"]


def test_no_key_is_an_extension_of_the_context_that_listens() -> None:
    own = LISTEN.partition("[ivr-listen]")[2].partition("\n[")[0]
    names = re.findall(r"^exten => ([^,]+),", own, re.MULTILINE)
    assert not [name for name in names if len(name) == 1 and name not in "iteTh"]
