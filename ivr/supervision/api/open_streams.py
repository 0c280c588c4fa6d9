"""The streams that are open, so that all can be ended when supervision is."""

from weakref import WeakSet

from ivr.supervision.api.parts import Hub, Subscription


class OpenStreams:
    """A hub that knows who subscribed to it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open: WeakSet[Subscription] = WeakSet()

    def subscribe(self) -> Subscription:
        """Begin to look."""
        made = self._hub.subscribe()
        self._open.add(made)
        return made

    def close(self) -> None:
        """End all that are open: whoever reads one comes to its end."""
        for one in list(self._open):
            one.close()
