"""The rules and the orders as the API tells them. PURE."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivr.rulebook.overrides import Kept
from ivr.supervision.models import OverrideNow, RulesNow


def rules_now(said: Mapping[str, Any], here: RulesNow) -> RulesNow:
    """Tell what an engine says of its rules ({}: none answers), and what is known `here`."""
    return RulesNow(
        file=str(said.get("file") or here.file),
        version=str(said.get("version") or here.version),
        since=_instant(said.get("since")),
        kept=tuple(map(str, said.get("kept") or ())),
        last="; ".join(text for text in (_last(said.get("last")), here.last) if text),
    )


def _last(told: object) -> str:
    if not isinstance(told, Mapping):
        return ""
    problems = told.get("problems")
    if problems:
        return f"refused at {told.get('at')}: {len(problems)} problems, the first: {problems[0].get('text')}"
    return f"{'taken' if told.get('changed') else 'the same as before'} at {told.get('at')}"


def _instant(told: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(told))
    except ValueError:
        return None


def order_now(kept: Kept, at: datetime) -> OverrideNow:
    """Tell an order and what has become of it at `at`."""
    one = kept.override
    return OverrideNow(
        id=one.id,
        destination=one.destination,
        order=f"redirect={one.redirect}" if one.redirect else one.kind.value,
        since=one.since,
        until=one.until,
        reason=one.reason,
        author=one.author,
        state=kept.state(at).value,
    )
