"""Token buckets: how often something may happen, for each key apart. PURE: times are seconds of any clock that only grows.

Rule 1: the number of keys that are remembered is bounded; the one that was quiet for the longest time is forgotten.
"""

from collections import OrderedDict

MOST_KEYS = 10_000


class Buckets:
    """Lets `burst` things happen at once for each key, and `rate` a second from then on."""

    def __init__(self, rate: float, burst: int, most_keys: int = MOST_KEYS) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most_keys
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, at: float) -> float:
        """Give how many seconds there are until it may happen again; 0 if it may now."""
        return max(0.0, (1.0 - self._level(key, at)) / self._rate)

    def take(self, key: str, at: float) -> None:
        """Count that it happened."""
        self._held[key] = self._level(key, at) - 1.0, at
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def _level(self, key: str, at: float) -> float:
        level, since = self._held.get(key, (float(self._burst), at))
        return min(float(self._burst), level + max(0.0, at - since) * self._rate)
