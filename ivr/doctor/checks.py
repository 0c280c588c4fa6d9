"""Judges the facts of an installation: Asterisk, its dialplan, the rules, the engine. Pure: facts in, findings out."""

from collections.abc import Iterator

from ivr.doctor.checks_host import host_checks
from ivr.doctor.checks_manager import manager_checks
from ivr.doctor.checks_records import record_checks
from ivr.doctor.facts import Console, Facts, Rules
from ivr.doctor.findings import Finding, ok, warning, wrong

OLDEST = 20
"""Asterisk's major version that everything here was made for."""
FILTERS = ((20, 11), (21, 6), (22, 1))
"""From these on Asterisk knows our event filters; before, the engine reads more than it needs."""
CONTEXTS = ("ivr-call", "ivr-connect", "ivr-fallback", "ivr-numbers", "ivr-transfer")
MOST_SHOWN = 3
UNSEEN = "Asterisk's console does not answer here"
SEE = "run this as root or as Asterisk's user, on the machine where Asterisk runs"


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield what every check says, in the order in which one would mend things."""
    yield from _asterisk(facts)
    yield from manager_checks(facts)
    yield from _dialplan(facts)
    yield from _prompts(facts)
    yield from record_checks(facts)
    yield from host_checks(facts)
    yield _engine(facts)


def _asterisk(facts: Facts) -> Iterator[Finding]:
    console = facts.console
    if console is None:
        yield warning("asterisk", UNSEEN, f"is it up (`ivr pbx status`)? Else {SEE}")
        return
    yield version(console.version)
    missing = [name for name in facts.needed_modules if name not in console.modules]
    if missing:
        yield wrong(
            "modules",
            f"not loaded: {_few(missing)}",
            f"add `load = {missing[0]}` to modules.conf (or take out its `noload`), then: module load {missing[0]}",
        )
    else:
        yield ok("modules", f"all {len(facts.needed_modules)} that are used run")
    if not console.prefix:
        yield wrong(
            "sounds", "Asterisk looks for sounds without the language first", "asterisk.conf: languageprefix = yes"
        )


def version(text: str) -> Finding:
    """Judge Asterisk's version."""
    parts = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if len(parts) < 2 or parts[0] < OLDEST:
        return wrong("version", f"Asterisk {text or '(unknown)'}", f"install Asterisk {OLDEST} or newer")
    if any(parts[0] == major and parts[1] < minor for major, minor in FILTERS):
        return warning("version", f"Asterisk {text} does not know our event filters", "update it within its release")
    return ok("version", f"Asterisk {text}")


def _dialplan(facts: Facts) -> Iterator[Finding]:
    rules = facts.rules
    if rules.problems:
        yield wrong("rules", f"the rules have problems: {_few(rules.problems)}", "ivr rules check")
    else:
        yield ok("rules", f"version {rules.version}")
    if facts.console is not None:
        yield _loaded(facts.console, rules)
        yield from _times(facts.console, facts.reply_seconds, facts.lease_seconds)
    if facts.differences:
        yield wrong(
            "dialplan files",
            f"not what the rules say: {_few(facts.differences)}",
            "ivr rules reload (or ivr dialplan check)",
        )
    elif not rules.problems:
        yield ok("dialplan files", "equal to what the rules render; every jump has a target")


def _loaded(console: Console, rules: Rules) -> Finding:
    missing = [name for name in CONTEXTS if name not in console.contexts]
    if missing:
        return wrong(
            "dialplan",
            f"Asterisk does not have {_few(missing)}",
            "add the #include that `ivr pbx install` shows to extensions.conf, then: dialplan reload",
        )
    has = console.globals.get("IVR_RULES_NOW", "")
    if not has or "IVR_REPLY_SECONDS" not in console.globals:
        return wrong(
            "dialplan",
            "our globals are missing",
            "is `#include ivr-extensions.conf` after the last [globals] of theirs?",
        )
    if not rules.problems and has != rules.version:
        return wrong("dialplan", f"new calls get version {has}, the rules are {rules.version}", "ivr rules reload")
    return ok("dialplan", f"loaded, version {has}")


def _times(console: Console, reply: float, lease: int) -> Iterator[Finding]:
    has = console.globals.get("IVR_REPLY_SECONDS", "")
    if has and has != f"{reply:g}":
        said = f"Asterisk lets callers wait {has} s for the engine, the settings say {reply:g} s"
        yield wrong("times", said, "render again with the same IVR_REPLY_SECONDS (ivr pbx install, ivr pbx up)")
    elif lease < reply:
        said = f"the lease ({lease} s) is shorter than a caller's wait for the engine ({reply:g} s)"
        yield warning("times", said, "set IVR_LEASE_SECONDS above IVR_REPLY_SECONDS")
    else:
        yield ok("times", f"lease {lease} s, a caller waits {reply:g} s for the engine")


def _prompts(facts: Facts) -> Iterator[Finding]:
    if facts.prompts:
        yield wrong(
            "prompts", f"missing or unusable: {_few(facts.prompts)}", "ivr prompts build, then ivr rules reload"
        )
    else:
        yield ok("prompts", "each prompt of the rules has a recording, here and at Asterisk")


def _engine(facts: Facts) -> Finding:
    if facts.engine is None:
        return warning(
            "engine", "no engine answers: the fallback leads the calls", "start `ivr engine` (systemctl start)"
        )
    return ok("engine", facts.engine)


def _few(items: list[str] | tuple[str, ...]) -> str:
    more = len(items) - MOST_SHOWN
    return "; ".join(items[:MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
