"""How long a caller waits between a key and the phone that it chose. PURE.

Rule 1: it begins when the key reaches the engine and ends when Asterisk has the order to ring and the dialplan goes on: it
sends the INVITE at once. What Asterisk says to the caller between (`say`) is no wait, so such calls do not count.
"""

from ivr.calls.actions import Action, Connect
from ivr.calls.events import CallEvent, HungUp, KeyPressed, LeftControl, MenuAnswered
from ivr.vocabulary import LinkedId


class KeyTimes:
    """Remembers the last key of each call that is in a menu."""

    def __init__(self) -> None:
        self._pressed: dict[LinkedId, float] = {}
        self._leaving: dict[LinkedId, float] = {}

    def stepped(self, call: LinkedId, event: CallEvent, actions: tuple[Action, ...], seconds: float) -> float | None:
        """Take one step of a call at `seconds` of a clock that never jumps; give how long it took if that is known now."""
        match event:
            case KeyPressed():
                self._pressed[call] = seconds
            case MenuAnswered():
                pressed = self._pressed.pop(call, None)
                if pressed is not None and event.key is not None and _rings_at_once(actions):
                    self._leaving[call] = pressed
            case LeftControl():
                self._pressed.pop(call, None)
                left = self._leaving.pop(call, None)
                return None if left is None else seconds - left
            case HungUp():
                self.forget(call)
            case _:
                pass
        return None

    def forget(self, call: LinkedId) -> None:
        """Forget a call."""
        self._pressed.pop(call, None)
        self._leaving.pop(call, None)

    def clear(self) -> None:
        """Forget all calls: what happens to them is not seen any more."""
        self._pressed.clear()
        self._leaving.clear()


def _rings_at_once(actions: tuple[Action, ...]) -> bool:
    return any(isinstance(action, Connect) and not action.say for action in actions)
