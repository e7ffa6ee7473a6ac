"""The one clock everything in the simulator reads: real time plus an offset that tests and demos move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


class VirtualClock:
    """Real time that can be pushed forward, so that five minutes at a landing page cost a test nothing."""

    def __init__(self, real: Callable[[], datetime] = _utc_now) -> None:
        self._real = real
        self._offset = timedelta()

    def now(self) -> datetime:
        return self._real() + self._offset

    def advance(self, seconds: float) -> datetime:
        self._offset += timedelta(seconds=seconds)
        return self.now()

    def set(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("the clock needs an instant with a UTC offset")
        self._offset = instant - self._real()
        return self.now()

    def reset(self) -> None:
        self._offset = timedelta()


def wire_time(instant: datetime) -> str:
    """Milliseconds and `Z`, as Vipps writes instants."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
