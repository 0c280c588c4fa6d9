"""The proof against a witness that knows no classes and no walk: it presses keys and lets lines fail, one call at a time.

It looks at every minute at which something changes and at others, tries all keys and mistakes up to three, and every mixture
of failures. What it meets the walk has to know; what it finds wrong has to be a gap; each gap is played again at its instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.proof.coverage import coverage
from ivr.proof.gaps import Gap, GapKind
from ivr.proof.ways import Ringing, walk
from ivr.routing.decide import decide
from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, RingPhone
from ivr.routing.destinations import Destination, ExitReason, Kind, Phones, Ring, Submenu
from ivr.routing.hours import ruling_at
from ivr.routing.rules import Menu, Retry, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import DestinationId, HoursId, Key, Language, MenuId, PhoneId, PromptId, RulesVersion, ServiceId
from tests.fakes.examples import some
from tests.fakes.generated_hours import days, offices

SERVICE, SORRY, HOURS = ServiceId("town"), PromptId("sorry"), HoursId("desk")
NAMES = tuple(DestinationId(f"d{number}") for number in range(4))
MENUS = tuple(MenuId(f"m{number}") for number in range(3))
KEYS = tuple(map(Key, "123"))
MISTAKES = ("no_input", "invalid", "too_long")
FAILURES = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)
MINUTE = timedelta(minutes=1)
WATCHED = 36 * 60  # minutes
DEPTH = 3

onwards: st.SearchStrategy[Onward] = st.one_of(
    st.builds(ToDestination, st.sampled_from(NAMES)),
    st.builds(ToMenu, st.sampled_from(MENUS)),
    st.just(ToOperator()),
    st.just(Announce(SORRY)),
)
ends: st.SearchStrategy[Onward] = st.one_of(st.just(Announce(SORRY)), st.just(Announce(SORRY)), onwards)


@st.composite
def destinations(draw: st.DrawFn, name: DestinationId) -> Destination:
    safety = draw(st.booleans())
    hours = None if safety or draw(st.booleans()) else HOURS
    rings = tuple(Ring(PhoneId(f"{name}-{number}"), 15) for number in range(draw(st.integers(1, 2))))
    submenu = Submenu(draw(st.sampled_from(MENUS)))
    kind: Kind = Phones(rings) if safety or draw(st.booleans()) else submenu
    most_calls = 2 if not safety and isinstance(kind, Phones) and draw(st.booleans()) else None
    needed = [*(FAILURES if isinstance(kind, Phones) else ()), *([ExitReason.CLOSED] if hours else [])]
    needed += [ExitReason.FULL] if most_calls else []
    missing = draw(st.sampled_from((None, None, None, None, *needed)))
    exits = {reason: draw(ends) for reason in needed if reason is not missing}
    return Destination(name, {}, kind, exits, hours, safety, most_calls)


@st.composite
def menus(draw: st.DrawFn, name: MenuId) -> Menu:
    keys: dict[Key, Target] = draw(st.dictionaries(st.sampled_from(KEYS), onwards, min_size=2))
    silent = Retry(PromptId("again"), 1, draw(ends))
    wrong = Retry(PromptId("again"), 1, draw(ends))
    return Menu(name, PromptId("menu"), {**keys, Key("*"): Repeat()}, wrong, silent)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Ruleset, datetime, list[int]]:
    day = draw(days)
    hours = draw(offices(day))
    languages = (Language("lv"),)
    service = Service(
        SERVICE, {}, (), hours.zone, languages, PromptId("hello"), MENUS[0], draw(st.sampled_from(NAMES)), SORRY
    )
    rules = Ruleset(
        version=RulesVersion("v"),
        services={SERVICE: service},
        menus={name: draw(menus(name)) for name in MENUS},
        destinations={name: draw(destinations(name)) for name in NAMES},
        hours={hours.id: hours},
        numbers={},
        max_hops=draw(st.integers(1, 5)),
    )
    minutes = draw(st.lists(st.integers(0, WATCHED - 1), min_size=1, max_size=2))
    return rules, datetime.combine(day, time(0), UTC), minutes


@dataclass(frozen=True, slots=True)
class Met:
    """What the witness met: a menu or ringing destination, or a wrong that it would name."""

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a call of the witness stands: its last decision, and whether hops were used up when it last chose."""

    decision: Decision
    fresh: bool


class Witness:
    """Goes every way of at most so many keys and mistakes at one instant, by hand."""

    def __init__(self, rules: Ruleset, at: datetime) -> None:
        self.rules = rules
        self.at = at

    def ask(self, target: Onward, reason: str, hops: int, attempts: tuple[Attempt, ...] = ()) -> Decision:
        return decide(Facts(SERVICE, target, attempts, hops, reason), self.rules, self.at)

    def all(self) -> Iterator[Met]:
        entry = self.ask(ToMenu(MENUS[0]), "caller", 0)
        waiting, seen = [(Stand(entry, True), 0)], set()
        for stand, depth in waiting:  # grows while it is walked
            known = (stand.decision.outcome, stand.decision.hops, stand.fresh, depth)
            if known in seen:
                continue
            seen.add(known)
            outcome = stand.decision.outcome
            if stand.decision.rule == "max_hops" and stand.fresh:
                yield Met("bound", "")
            if isinstance(outcome, RingPhone):
                yield Met("rings", outcome.destination)
                waiting += [(after, depth) for after in self.failures(stand, outcome)]
            elif isinstance(outcome, EnterMenu):
                yield Met("menu", outcome.menu)
                if depth < DEPTH:
                    waiting += [(after, depth + 1) for after in self.choices(stand, outcome.menu)]
                yield from self.safety(stand, outcome.menu)

    def choices(self, stand: Stand, menu: MenuId) -> Iterator[Stand]:
        hops = stand.decision.hops
        for target in self.rules.menus[menu].keys.values():
            if not isinstance(target, Repeat):
                yield Stand(self.ask(target, "key", hops), hops == 0 or self.is_safety(target))
        for reason, target in self.mistakes(menu):
            yield Stand(self.ask(target, reason, hops), stand.fresh)

    def mistakes(self, menu: MenuId) -> Iterator[tuple[str, Onward]]:
        rules = self.rules.menus[menu]
        yield from zip(MISTAKES, (rules.no_input.exit, rules.invalid.exit, rules.limit.exit), strict=True)

    def asked(self, target: Target) -> DestinationId | None:
        if isinstance(target, ToOperator):
            return self.rules.services[SERVICE].operator
        return target.destination if isinstance(target, ToDestination) else None

    def is_safety(self, target: Target) -> bool:
        name = self.asked(target)
        return name is not None and self.rules.destinations[name].safety

    def failures(self, stand: Stand, ring: RingPhone) -> Iterator[Stand]:
        """Let the lines fail in every mixture, one after the other."""
        place = self.rules.destinations[ring.destination]
        target, hops = ToDestination(place.id), stand.decision.hops
        possible = (*FAILURES, ExitReason.FULL) if place.most_calls else FAILURES
        for outcomes in product(possible, repeat=len(place.lines)):
            attempts: tuple[Attempt, ...] = ()
            for line, outcome in zip(place.lines, outcomes, strict=True):
                attempts = (*attempts, Attempt(line.phone, outcome))
                decision = self.ask(target, outcome.value, hops, attempts)
                if not (isinstance(decision.outcome, RingPhone) and decision.outcome.position == len(attempts)):
                    yield Stand(decision, stand.fresh)
                    break

    def safety(self, stand: Stand, menu: MenuId) -> Iterator[Met]:
        for target in self.rules.menus[menu].keys.values():
            if not isinstance(target, Repeat) and self.is_safety(target):
                outcome = self.ask(target, "key", stand.decision.hops).outcome
                if not (isinstance(outcome, RingPhone) and outcome.destination == self.asked(target)):
                    yield Met("safety", menu)


def instants(rules: Ruleset, start: datetime, others: list[int]) -> list[datetime]:
    """Return each minute that differs from the one before, and others."""
    hours = rules.hours[HOURS]
    opened = [ruling_at(hours, start + number * MINUTE).open for number in range(WATCHED)]
    differing = [number for number in range(WATCHED) if number == 0 or opened[number] != opened[number - 1]]
    return [start + number * MINUTE for number in sorted({*differing[:6], *others})]


@settings(max_examples=some(40), deadline=None)
@given(situations())
def test_what_the_witness_meets_is_known(situation: tuple[Ruleset, datetime, list[int]]) -> None:
    rules, start, others = situation
    proof = coverage(rules, start, start + WATCHED * MINUTE)
    kinds = {gap.kind for gap in proof.gaps}
    for at in instants(rules, start, others):
        known = {
            Met("rings", place.destination) if isinstance(place, Ringing) else Met("menu", place.menu)
            for place in walk(rules.services[SERVICE], rules, at).first
        }
        for met in Witness(rules, at).all():
            if met.what == "bound":
                assert kinds & {GapKind.MAX_HOPS, GapKind.CIRCLE}
            elif met.what == "safety":
                assert GapKind.SAFETY_CLOSED in kinds
            else:
                assert met in known


def played(rules: Ruleset, gap: Gap) -> tuple[Witness, list[Stand]]:
    """Play a call as the gap tells it."""
    witness = Witness(rules, gap.at)
    stands = [Stand(witness.ask(ToMenu(MENUS[0]), "caller", 0), True)]
    for word in gap.way:
        decision = stands[-1].decision
        outcome, hops = decision.outcome, decision.hops
        if isinstance(outcome, RingPhone):
            place, reason = rules.destinations[outcome.destination], ExitReason(word)
            lines = place.lines[:1] if reason is ExitReason.FULL else place.lines
            attempts = tuple(Attempt(line.phone, reason) for line in lines)
            stands.append(Stand(witness.ask(ToDestination(place.id), word, hops, attempts), stands[-1].fresh))
            continue
        assert isinstance(outcome, EnterMenu)
        if word.startswith("key "):
            target = rules.menus[outcome.menu].keys[Key(word[4:])]
            assert not isinstance(target, Repeat)
            stands.append(Stand(witness.ask(target, "key", hops), hops == 0 or witness.is_safety(target)))
        else:
            target = dict(witness.mistakes(outcome.menu))[word]
            stands.append(Stand(witness.ask(target, word, hops), stands[-1].fresh))
    return witness, stands


@settings(max_examples=some(60), deadline=None)
@given(situations())
def test_each_gap_is_met_when_it_is_played(situation: tuple[Ruleset, datetime, list[int]]) -> None:
    rules, start, _ = situation
    for gap in coverage(rules, start, start + WATCHED * MINUTE).gaps:
        assert start <= gap.at < start + WATCHED * MINUTE
        assert gap.keys == "".join(word[4:] for word in gap.way if word.startswith("key "))
        witness, stands = played(rules, gap)
        last = stands[-1].decision
        match gap.kind:
            case GapKind.MAX_HOPS:
                assert (last.rule, stands[-1].fresh) == ("max_hops", True)
            case GapKind.SAFETY_UNREACHABLE:
                assert isinstance(last.outcome, EnterMenu)
                assert DestinationId(gap.subject) not in rung_by_keys(witness, stands[-1])
            case GapKind.NO_EXIT:
                _, name, _, reason = gap.where.split(".")
                assert ExitReason(reason) not in rules.destinations[DestinationId(name)].exits
                closed = f"{name} is closed"
                assert gap.way[-1] == reason or (reason == "closed" and any(why.startswith(closed) for why in last.why))
            case GapKind.CIRCLE:
                assert last.rule == "max_hops" or comes_back(witness, stands[-1])
            case _:
                raise AssertionError(gap)


def rung_by_keys(witness: Witness, stand: Stand) -> set[DestinationId]:
    """Press every key string from a menu on, without a bound on menus; say what rings."""
    found: set[DestinationId] = set()
    waiting, seen = [stand], set()
    for one in waiting:  # grows while it is walked
        outcome = one.decision.outcome
        if isinstance(outcome, RingPhone):
            found.add(outcome.destination)
        elif isinstance(outcome, EnterMenu) and (outcome.menu, one.decision.hops) not in seen:
            seen.add((outcome.menu, one.decision.hops))
            targets = witness.rules.menus[outcome.menu].keys.values()
            chosen = (target for target in targets if not isinstance(target, Repeat))
            waiting += [Stand(witness.ask(target, "key", one.decision.hops), True) for target in chosen]
    return found


def comes_back(witness: Witness, stand: Stand) -> bool:
    """Tell whether a call that nobody helps comes to the same menu or destination again, unless the hops end it."""
    endless = Witness(replace(witness.rules, max_hops=60), witness.at)
    start = place_of(stand.decision)
    waiting, seen = [replace(stand, decision=replace(stand.decision, hops=0))], set()
    for one in waiting:  # grows while it is walked
        outcome = one.decision.outcome
        after: list[Stand] = []
        if isinstance(outcome, RingPhone):
            after = list(endless.failures(one, outcome))
        elif isinstance(outcome, EnterMenu):
            after = [Stand(endless.ask(t, r, one.decision.hops), True) for r, t in endless.mistakes(outcome.menu)]
        if any(place_of(each.decision) == start for each in after):
            return True
        waiting += [each for each in after if place_of(each.decision) not in seen]
        seen |= {place_of(each.decision) for each in after}
    return False


def place_of(decision: Decision) -> tuple[str, str]:
    match decision.outcome:
        case RingPhone(destination):
            return "destination", destination
        case EnterMenu(menu):
            return "menu", menu
        case EndWith(prompt):
            return "end", prompt
