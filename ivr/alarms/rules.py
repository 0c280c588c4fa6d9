"""When is something wrong? One pure function: what is remembered and a fact in, what is remembered and alarms out.

Rule 1: a call that fails once is no alarm; the same failure several times in a row, without a success between, is.
Rule 2: spans of time are measured on a clock that is never stepped (`Moment.seconds`).
Rule 3: what this engine was told to do (drain, stop) is no alarm.
"""

from dataclasses import replace
from typing import assert_never

from ivr.alarms.alarm import Alarm, AlarmId
from ivr.alarms.facts import (
    Fact,
    JournalSeen,
    Lead,
    LeadChanged,
    LeaseLapsed,
    LineTried,
    LinkChanged,
    Moment,
    PromptFound,
    PromptMissing,
    RecordsResumed,
    RecordsStopped,
    RulesAccepted,
    RulesRefused,
    SafetyVisited,
    Ticked,
)
from ivr.alarms.watched import Broken, Journal, Result, Role, Watched, cleared, failed, raised, reminded, succeeded
from ivr.routing.destinations import ExitReason

LINK_SECONDS = 10.0  # seconds that the link may be away before it is an alarm
SETTLED_SECONDS = 300.0  # seconds for which another engine has led well
STEADY_SECONDS = 60.0  # seconds for which records were written without a stop
WRITTEN_SECONDS = 10.0
"""Seconds by which a line may be in the journal before we know why: it is looked at seldom, and events take their time."""
OWN = "engine"
"""The subject of alarms about the engine itself."""


def watch(state: Watched, fact: Fact, now: Moment) -> Result:
    """Take one fact. Alarms are given in the order in which they are to be told."""
    match fact:
        case LineTried():
            return _tried(state, fact, now)
        case SafetyVisited():
            return _visited(state, fact, now)
        case LeadChanged():
            return _lead(state, fact, now)
        case LeaseLapsed():
            return _lost(state, "this engine was stopped or blocked for longer than its lease", now)
        case LinkChanged():
            return _link(state, fact, now)
        case JournalSeen():
            return _journal(state, fact, now)
        case PromptMissing() | PromptFound():
            return _prompt(state, fact, now)
        case RecordsStopped() | RecordsResumed():
            return _records(state, fact, now)
        case RulesRefused() | RulesAccepted():
            return _rules(state, fact, now)
        case Ticked():
            return _ticked(state, now)
        case _:
            assert_never(fact)


def _tried(state: Watched, fact: LineTried, now: Moment) -> Result:
    """Judge one phone or outside number. Busy and silence show that it can be reached; a full destination shows nothing."""
    kind = AlarmId.TRUNK_UNREACHABLE if fact.outside else AlarmId.PHONE_UNREACHABLE
    if fact.failed is ExitReason.FULL:
        return state, ()
    if fact.failed is not ExitReason.UNREACHABLE:
        return succeeded(state, kind, fact.phone, f"{fact.phone} can be reached again", now)
    state, count = failed(state, kind, fact.phone)
    if count < state.limits.unreachable:
        return state, ()
    times = f"could not be reached ({count} in a row, asked for by {fact.destination})"
    if fact.outside:
        text = f"the outside number {fact.phone} {times}; check the trunk, then the number with its owner"
    else:
        text = f"the phone {fact.phone} {times}; see that it has power, network and its registration"
    return raised(state, kind, fact.phone, text, now)


def _visited(state: Watched, fact: SafetyVisited, now: Moment) -> Result:
    kind = AlarmId.SAFETY_UNANSWERED
    if not fact.missed:
        return succeeded(state, kind, fact.destination, f"the emergency line {fact.destination} answers again", now)
    state, count = failed(state, kind, fact.destination)
    if count < state.limits.unanswered:
        return state, ()
    text = (
        f"nobody at the emergency line {fact.destination} took the calls of {count} callers in a row "
        f"(the last: {fact.missed}); call the people who answer it now, then look at its phones"
    )
    return raised(state, kind, fact.destination, text, now)


def _lead(state: Watched, fact: LeadChanged, now: Moment) -> Result:
    if _stopping(state):  # an engine that was told to stop never leads again
        return state, ()
    led = state.role is not None and state.role.led
    match fact.lead:
        case Lead.LEADING:
            known = replace(state, role=Role(fact.lead, True, now.seconds, fact.reason))
            return cleared(known, AlarmId.LEASE_LOST, OWN, "this engine leads new calls again", now)
        case Lead.DRAINING:
            known = replace(state, role=Role(fact.lead, False, now.seconds, fact.reason))
            return cleared(known, AlarmId.LEASE_LOST, OWN, "this engine was told to stop", now)
        case Lead.STANDBY:
            known = replace(state, role=Role(fact.lead, False, now.seconds, fact.reason))
            return _lost(known, fact.reason, now) if led else (known, ())
        case Lead.DETACHED:
            return replace(state, role=Role(fact.lead, led, now.seconds, fact.reason)), ()
        case _:
            assert_never(fact.lead)


def _stopping(state: Watched) -> bool:
    return state.role is not None and state.role.lead is Lead.DRAINING


def _lost(state: Watched, reason: str, now: Moment) -> Result:
    text = (
        f"this engine lost the lead of new calls without being asked ({reason}); another engine or the fallback leads "
        "them: see `ivr status`, the engine's log, and the load of the machine"
    )
    return raised(state, AlarmId.LEASE_LOST, OWN, text, now)


def _link(state: Watched, fact: LinkChanged, now: Moment) -> Result:
    if not fact.attached:
        return (state if state.link else replace(state, link=Broken(now.seconds, fact.reason))), ()
    # What the engine hears first after a gap happened some time ago: no line of the journal is owed for it.
    seen = replace(state.journal, grown=now.seconds, owing=None) if state.journal else None
    known = replace(state, link=None, journal=seen)
    return cleared(known, AlarmId.LINK_LOST, OWN, "the link to Asterisk is back", now)


def _journal(state: Watched, fact: JournalSeen, now: Moment) -> Result:
    """Judge the journal: it must have grown around each call that came or ended; people who talk write nothing."""
    known = state.journal
    if known is None or (fact.position is not None and fact.position != known.position):
        seen = Journal(fact.position, fact.moves, now.seconds)
        text = "the journal grows again"
        return cleared(replace(state, journal=seen), AlarmId.JOURNAL_STUCK, "journal", text, now)
    owes = fact.moves > known.moves and now.seconds - known.grown > WRITTEN_SECONDS
    owing = now.seconds if owes and known.owing is None else known.owing
    state = replace(state, journal=replace(known, moves=fact.moves, owing=owing))
    if owing is None or now.seconds - owing < state.limits.journal_seconds:
        return state, ()
    text = (
        "the journal does not grow although calls come and go, so they will have no records; look for space on its disk, "
        "or at its database, and run `asterisk -rx 'cel show status'`"
    )
    return raised(state, AlarmId.JOURNAL_STUCK, "journal", text, now)


def _prompt(state: Watched, fact: PromptMissing | PromptFound, now: Moment) -> Result:
    subject = f"{fact.language}/{fact.prompt}"
    match fact:
        case PromptMissing():
            text = (
                f"the prompt {fact.prompt} was to be played in {fact.language} and has no sound: callers heard silence; "
                "run `ivr prompts build` and `ivr rules reload`"
            )
            return raised(state, AlarmId.PROMPT_MISSING, subject, text, now)
        case PromptFound():
            return cleared(state, AlarmId.PROMPT_MISSING, subject, f"the prompt {subject} is there", now)
        case _:
            assert_never(fact)


def _records(state: Watched, fact: RecordsStopped | RecordsResumed, now: Moment) -> Result:
    match fact:
        case RecordsStopped(reason):
            text = (
                f"no call records are written ({reason}); nothing is lost while the journal is kept: see the log, "
                "the store and the space on its disk"
            )
            return raised(replace(state, records_back=None), AlarmId.RECORDS_STOPPED, "records", text, now)
        case RecordsResumed():
            return replace(state, records_back=now.seconds), ()
        case _:
            assert_never(fact)


def _rules(state: Watched, fact: RulesRefused | RulesAccepted, now: Moment) -> Result:
    match fact:
        case RulesRefused(reason):
            text = f"new rules were refused and the old ones stay in use ({reason}); mend what `ivr rules status` names"
            return raised(state, AlarmId.RULES_REFUSED, "rules", text, now)
        case RulesAccepted():
            state, told = cleared(state, AlarmId.RULES_REFUSED, "rules", "the rules were accepted", now)
            state, gone = _forget(state, fact, now)
            return state, (*told, *gone)
        case _:
            assert_never(fact)


def _forget(state: Watched, fact: RulesAccepted, now: Moment) -> Result:
    """Drop what is about lines that the rules no longer have, and every prompt: it is looked at when it is played again."""
    subjects = {
        AlarmId.SAFETY_UNANSWERED: fact.safety,
        AlarmId.PHONE_UNREACHABLE: fact.phones,
        AlarmId.TRUNK_UNREACHABLE: fact.phones,
        AlarmId.PROMPT_MISSING: frozenset[str](),
    }
    streaks = {key: count for key, count in state.streaks.items() if key[1] in subjects[key[0]]}
    state = replace(state, streaks=streaks)
    told: list[Alarm] = []
    for kind, subject in tuple(state.active):
        if kind in subjects and subject not in subjects[kind]:
            state, gone = cleared(state, kind, subject, f"the rules have changed, {subject} is watched anew", now)
            told += gone
    return state, tuple(told)


def _ticked(state: Watched, now: Moment) -> Result:
    told: list[Alarm] = []
    for judge in (_link_ticked, _lead_ticked, _records_ticked, reminded):
        state, more = judge(state, now)
        told += more
    return state, tuple(told)


def _link_ticked(state: Watched, now: Moment) -> Result:
    if state.link is None or _stopping(state) or now.seconds - state.link.since < LINK_SECONDS:
        return state, ()
    text = (
        f"no link to Asterisk ({state.link.reason}), the fallback leads new calls; see that Asterisk runs "
        "(`systemctl status asterisk`) and that its manager answers"
    )
    return raised(state, AlarmId.LINK_LOST, OWN, text, now)


def _lead_ticked(state: Watched, now: Moment) -> Result:
    role = state.role
    if role is None:
        return state, ()
    if role.lead is Lead.DETACHED and role.led and now.seconds - role.since >= state.limits.lease_seconds:
        return _lost(state, role.reason, now)
    if role.lead is Lead.STANDBY and now.seconds - role.since >= SETTLED_SECONDS:
        return cleared(state, AlarmId.LEASE_LOST, OWN, "another engine leads new calls well, this one stands by", now)
    return state, ()


def _records_ticked(state: Watched, now: Moment) -> Result:
    if state.records_back is None or now.seconds - state.records_back < STEADY_SECONDS:
        return state, ()
    known = replace(state, records_back=None)
    return cleared(known, AlarmId.RECORDS_STOPPED, "records", "call records are written again", now)
