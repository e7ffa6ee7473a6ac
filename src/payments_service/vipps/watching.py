"""Every call to Vipps is measured, and logged when it fails, whichever API it goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Final

import structlog

from payments_service.vipps.errors import NotSent, OutcomeUnknown, Rejected, TryAgain, VippsError

Observe = Callable[[str, str, float], None]  # operation, outcome, seconds

EVENT_FAILED: Final = "vipps_call_failed"
OUTCOMES: Final[Mapping[type[VippsError], str]] = {
    NotSent: "not_sent",
    TryAgain: "try_again",
    Rejected: "rejected",
    OutcomeUnknown: "unknown",
}

log = structlog.get_logger()


@contextmanager
def watched(operation: str, *, observe: Observe | None, **about: str) -> Iterator[None]:
    """Measure a call however it ends, and log how it failed; error texts are made of codes only, so they may be."""
    began, outcome = monotonic(), "given_up"
    try:
        yield
        outcome = "ok"
    except VippsError as error:
        outcome = next(word for kind, word in OUTCOMES.items() if isinstance(error, kind))
        traced = {} if error.trace is None else {"vipps_trace": error.trace}
        log.warning(EVENT_FAILED, operation=operation, outcome=outcome, reason=str(error), **traced, **about)
        raise
    finally:
        if observe is not None:
            observe(operation, outcome, monotonic() - began)
