"""Callers who mean harm: hostile numbers and names, floods of keys, a thousand hang-ups, and scanners."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from random import Random
from urllib.parse import quote

from cdr.store.store import Store
from tests.chaos.house import BASE, CITIZENS
from tests.chaos.stage import Fault, Stage
from tests.chaos.town import NUMBER
from tests.chaos.uac import Caller, Rude, caller

STRANGER = "127.0.0.8"
RUDE_PORT, FLOOD_PORT, SCAN_PORT, HANGUP_PORT = BASE + 20, BASE + 21, BASE + 22, BASE + 23
HANGUPS, HANGUPS_EACH_SECOND = 1000, 50
KEYS, KEYS_EACH_SECOND = 600, 50
SCANS, SCANS_EACH_SECOND = 2000, 100
STAYS = 4.0  # seconds that a hostile caller stays
TRAP = "/tmp/chaos-trap"
"""What a shell would make if one of the numbers came to be run."""

_SHELL = "${SHELL(touch " + TRAP + ")}"
HOSTILE: Mapping[str, bytes] = {
    "CR LF": b"<sip:371%0d%0aAction:%20Originate%0d%0a%0d%0a@example.com>",
    "CR LF in the name": b'"x%0d%0aAction: Command" <sip:37100000001@example.com>',
    "quotes": b'"a \\"quoted\\" name" <sip:371%22%22%22@example.com>',
    "commas and brackets": b'"a,b)(c" <sip:371,9,Hangup()@example.com>',
    "a dialplan function": f'"{_SHELL}" <sip:{quote(_SHELL)}@example.com>'.encode(),
    "an expression": b'"$[1/0]" <sip:$%5b1+1%5d@example.com>',
    "a variable": b'"${IVR_LEASE}" <sip:%24%7BEXTEN%7D&%24%7BCHANNEL%7D@example.com>',
    "JSON": b'"\\"}" <sip:371%22%7D,%7B%22destination%22:%22x@example.com>',
    "10 kB": b'"' + b"N" * 10_000 + b'" <sip:' + b"9" * 10_000 + b"@example.com>",
    "1 kB": b'"' + b"N" * 1000 + b'" <sip:' + b"9" * 1000 + b"@example.com>",
    "emoji": '"👩‍🚒 Ķekava" <sip:%F0%9F%98%80@example.com>'.encode(),
    "not UTF-8": b'"\xff\xfe\xc3" <sip:%ff%fe@example.com>',
    "NUL": b'"a%00b" <sip:371%00%00@example.com>',
    "semicolons": b'"a;b|c" <sip:371%3b%7cdrop%20table@example.com>',
    "a terminal's command": b'"x" <sip:371%1b%5b2J@example.com>',
    "withheld": b'"Anonymous" <sip:anonymous@anonymous.invalid>',
    "no number": b"<sip:example.com>",
    "another's number": b'"112" <sip:112@example.com>',
}


async def hostile(stage: Stage) -> None:
    """Numbers and names that are meant to become commands, three times each, then keys and hang-ups without end."""
    trap = stage.house.pbx.place.root / TRAP.lstrip("/")
    trap.unlink(missing_ok=True)
    proxy = stage.wires()
    stage.strike()
    before = {one.action for one in proxy.actions}
    logins = len(proxy.logins)
    async with caller(CITIZENS, RUDE_PORT, ("127.0.0.1", BASE)) as line:
        answers = await asyncio.gather(*(_each(line, sender) for sender in HOSTILE.values() for _ in range(3)))
    refused = {
        name: answers[3 * i : 3 * i + 3] for i, name in enumerate(HOSTILE) if set(answers[3 * i : 3 * i + 3]) != {200}
    }
    stage.notes.append(f"hostile numbers not taken as calls (SIP status): {refused or 'none'}")
    flooded = await _key_flood(stage)
    stage.check(flooded == 200, f"the caller who floods keys got {flooded}")
    stage.check(await _hang_ups() == HANGUPS, "not every caller who hung up in the guard was answered")
    stage.ended()
    await asyncio.sleep(5)
    stage.check(not trap.exists(), "a caller's number was run as a shell command")
    more = {one.action for one in proxy.actions} - before - {"Login"}
    stage.check(not more - {"PlayDTMF"}, f"the engine sent {sorted(more)}")
    stage.check(len(proxy.logins) == logins, "the link was lost")
    await _records_hold_them(stage)


async def _each(line: Caller, sender: bytes) -> int:
    call = line.prepare(NUMBER.encode(), sender)
    status = await line.dial(call)
    if status == 200:
        await asyncio.sleep(STAYS)
        await line.bye(call)
    return status


async def _key_flood(stage: Stage) -> int:
    """One caller presses keys without a pause, fifty a second."""
    random = Random(stage.options.seed)
    async with caller(CITIZENS, FLOOD_PORT, ("127.0.0.1", BASE)) as line:
        call = line.prepare(NUMBER.encode(), b"<sip:37199999999@example.com>")
        status = await line.dial(call)
        if status == 200:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
                sound.bind((CITIZENS, FLOOD_PORT + 1000))
                for number in range(KEYS):
                    press(sound, call, number, random.randrange(16))
                    await asyncio.sleep(1 / KEYS_EACH_SECOND)
            await line.bye(call)
    return status


def press(sound: socket.socket, call: Rude, number: int, key: int) -> None:
    """Press a key: `number` is the how manieth of the call."""
    for place, flags in enumerate((0x0A, 0x8A, 0x8A)):
        head = struct.pack("!BBHII", 0x80, 101, (3 * number + place) & 0xFFFF, number * 160, 7)
        sound.sendto(head + struct.pack("!BBH", key, flags, 160 * (place + 1)), ("127.0.0.1", call.media))


async def _hang_ups() -> int:
    """A thousand callers who hang up as soon as they are answered; gives how many were."""
    async with caller(CITIZENS, HANGUP_PORT, ("127.0.0.1", BASE)) as line:

        async def one(number: int) -> bool:
            await asyncio.sleep(number / HANGUPS_EACH_SECOND)
            call = line.prepare(NUMBER.encode(), b"<sip:3719%07d@example.com>" % number)
            status = await line.dial(call)
            return status == 200 and (await line.bye(call) or True)

        return sum(await asyncio.gather(*(one(number) for number in range(HANGUPS))))


async def _records_hold_them(stage: Stage) -> None:
    """The thousand are recorded, and every text in a record is plain."""
    for _ in range(20):
        async with Store(stage.house.store) as store:
            found = await store.records()
        hung_up = [record for record in found if record.caller.startswith("3719") and len(record.caller) == 11]
        if len(hung_up) >= HANGUPS:
            break
        await asyncio.sleep(1)
    counted = len({record.caller for record in hung_up})
    stage.check(counted == len(hung_up) == HANGUPS + 1, f"of {HANGUPS + 1} short calls {len(hung_up)} are recorded")
    lines = (
        await stage.ivr(
            "records", "list", "--limit", "100000", "--full-numbers", "--reason", "chaos", "--output", "jsonl"
        )
    ).splitlines()
    shown = {json.loads(line)["linkedid"] for line in lines}
    stage.check(len(lines) == len(shown) >= len(found), f"{len(found)} records are shown on {len(lines)} lines")
    table = await stage.ivr("records", "list", "--limit", "100000", "--full-numbers", "--reason", "chaos")
    broken = [line for line in table.splitlines() if line.strip().startswith("Action")]
    stage.check(not broken, "a caller's number breaks the lines of `ivr records list`")
    stage.check("\x1b[2J" not in table, "a caller's number reaches the terminal as a command")


async def scanned(stage: Stage) -> None:
    """Strangers ring other extensions, guess passwords, and the trunk is asked for what is not a service."""
    random = Random(stage.options.seed)
    stage.strike()
    async with (
        caller(STRANGER, SCAN_PORT, ("127.0.0.1", BASE)) as stranger,
        caller(CITIZENS, SCAN_PORT, ("127.0.0.1", BASE)) as trunk,
    ):
        jobs = [asyncio.ensure_future(_scan(random, stranger, trunk, number)) for number in range(SCANS)]
        answers = await asyncio.gather(*jobs)
    stage.ended()
    let_in = [status for status in answers if 200 <= status < 300]
    stage.check(not let_in, f"{len(let_in)} of {SCANS} attempts were let in")
    stage.notes.append(
        f"answers to {SCANS} attempts: { ({status: answers.count(status) for status in sorted(set(answers))}) }"
    )


async def _scan(random: Random, stranger: Caller, trunk: Caller, number: int) -> int:
    await asyncio.sleep(number / SCANS_EACH_SECOND)
    extension = random.choice(
        [b"100", b"1000", b"00371%d" % random.randrange(10**8), b"kekava-duty-1", b"s", b"start", b"guard"]
    )
    match number % 4:
        case 0:
            return await stranger.dial(stranger.prepare(extension, b"<sip:%d@example.com>" % random.randrange(10**4)))
        case 1:
            return await stranger.dial(stranger.prepare(NUMBER.encode(), b"<sip:trunk@127.0.0.1>"))
        case 2:
            return await trunk.dial(trunk.prepare(extension, b"<sip:3710000@example.com>"))
        case _:
            return await _guess(random, stranger)


async def _guess(random: Random, stranger: Caller) -> int:
    """REGISTER as a telephone with a made-up password."""
    name = random.choice([b"kekava-utility-1", b"citizen", b"trunk", b"admin", b"%d" % random.randrange(10**4)])
    call = stranger.prepare(name, b"<sip:%s@127.0.0.1>" % name)
    proof = b'Digest username="%s", realm="asterisk", nonce="1", uri="sip:127.0.0.1", response="%032x"' % (
        name,
        random.randrange(16**32),
    )
    headers = b"Contact: <sip:%s@%s:%d>\r\nAuthorization: %s\r\n" % (name, stranger.host, stranger.port, proof)
    stranger.send(stranger.request(call, b"REGISTER", 1, headers))
    try:
        answer = await asyncio.wait_for(call.answers.get(), 5)
    except TimeoutError:
        return 0
    return int(answer[8:11])


FAULTS = (
    Fault("hostile-callers", "hostile numbers, keys and hang-ups", hostile, "nothing executed", proxied=True, back=0.0),
    Fault("scanner", f"{SCANS} attempts of SIP scanners", scanned, "all refused", back=0.0, rate=20.0),
)
