"""Listens to a PBX with asterisk-ami, a library that shares no code with our link, and tells what it heard.

Run as a process of its own: `python -m tests.fakes.witness HOST PORT USER CALLER`, the secret on standard input. It says
`ready`, then one line `EVENT LINKEDID` for each event of the caller's call, until its Hangup. asterisk-ami uses
threads and deprecated calls that our test run would stop at.
"""

import sys
import threading

from asterisk.ami import AMIClient, Event, SimpleAction

WATCHED = ("AsyncAGIStart", "AsyncAGIEnd", "DTMFEnd", "BridgeEnter", "Hangup")


def main() -> None:
    host, port, user, caller = sys.argv[1:]
    over = threading.Event()

    def heard(event: Event, **_: object) -> None:
        keys = event.keys
        if event.name in WATCHED and keys.get("CallerIDNum") == caller:
            print(event.name, keys.get("Linkedid"), flush=True)
            if event.name == "Hangup":
                over.set()

    client = AMIClient(address=host, port=int(port), timeout=10)
    answer = client.login(username=user, secret=sys.stdin.readline().strip()).response
    if answer is None or answer.is_error():
        sys.exit(f"login refused: {answer}")
    client.add_event_listener(heard)
    for action in ("Command", "GetConfig", "ModuleLoad", "CoreSettings"):
        refused = client.send_action(
            SimpleAction(action, Command="core show version", Filename="manager.conf")
        ).response
        print("right", action, "no" if refused is None or refused.is_error() else "yes", flush=True)
    print("ready", flush=True)
    over.wait(60)
    client.logoff()


if __name__ == "__main__":
    main()
