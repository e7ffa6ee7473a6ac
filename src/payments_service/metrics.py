"""The Prometheus figures: what an alarm needs to know about money, seats, neighbours and HTTP."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
LEARNED_BY = ("callback", "poll", "sweep", "sync")
ATTENTION_CODES = (
    "paid_without_seat",
    "seat_without_answer",
    "seat_without_payment",
    "paid_twice",
    "reserved_not_captured",
    "amount_mismatch",
    "unknown_payment",
    "release_refused",
)
#: Where credentials are asked for, and why they were refused. Nothing that a caller sent is ever a label.
DOORS = ("api", "callback", "webhook")
REASONS = ("missing", "malformed", "unknown", "expired")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
#: Vipps is given 10 s and the backend 8 s by default; the last steps tell slow from given up.
_CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 8, 10, 15, 30)
_HTTP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)


def share_between_workers(workers: int) -> None:
    """Lets any worker answer `/metrics` for all of them. Call before workers are spawned.

    The client library decides when it is imported whether it writes to shared files, so a spawned worker
    gets the choice through its environment. With one worker nothing is written to disk.
    """
    if workers > 1 and not os.environ.get(_DIRECTORY):
        folder = tempfile.mkdtemp(prefix="payments-metrics-")
        os.environ[_DIRECTORY] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


class Metrics:
    """One set of figures with a registry of its own, so that two services in one process do not collide.

    Gauges say what the database says, so of several workers the most recent one is right; ticks: the latest.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._is_shared = bool(os.environ.get(_DIRECTORY))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._make_gauges()
        self._webhook: tuple[Gauge, Gauge] | None = None
        self._first_learned = Counter(
            "payments_first_learned",
            "Outcomes of payments by how we first heard of them",
            ["how"],
            registry=self.registry,
        )
        self._vipps = self._histogram("payments_vipps_seconds", "Calls to Vipps", ("operation", "outcome"))
        self._event_service = self._histogram(
            "payments_event_service_seconds", "Calls to the event backend", ("operation", "outcome")
        )
        self._http = self._histogram(
            "payments_http_request_seconds",
            "Requests by route template",
            ("method", "route", "status"),
            buckets=_HTTP_SECONDS,
        )
        self._http_count = Counter(
            "payments_http_requests",
            "Requests by route template",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._forgotten = Counter(
            "payments_retention_forgotten",
            "Rows that were forgotten because their time was over, by what they were",
            ["what"],
            registry=self.registry,
        )
        self._credentials_refused = Counter(
            "payments_credentials_refused",
            "Requests without credentials that are known here, by where they were asked for and why not",
            ["door", "reason"],
            registry=self.registry,
        )
        for how in LEARNED_BY:
            self._first_learned.labels(how)
        for door in DOORS:
            self._credentials_refused.labels(door, "unknown")

    def _make_gauges(self) -> None:
        self._unsettled = self._gauge(
            "payments_oldest_unsettled_delivery_seconds",
            "Age of the oldest delivery from Vipps not settled yet",
        )
        self._overdue = self._gauge(
            "payments_oldest_overdue_registration_seconds", "How long the most overdue registration is due"
        )
        self._held = self._gauge(
            "payments_registrations_held", "Seats kept past their deadline because Vipps does not answer"
        )
        self._last_tick = Gauge(
            "payments_last_tick_timestamp_seconds",
            "When the scheduler last came round, in Unix time",
            multiprocess_mode="max",
            registry=self.registry,
        )
        self._retention = Gauge(
            "payments_retention_last_run_timestamp_seconds",
            "When what need not be kept any longer was last looked for to the end, in Unix time",
            multiprocess_mode="max",
            registry=self.registry,
        )
        self._attention = Gauge(
            "payments_attention_open",
            "Open cases a person must look at",
            ["code"],
            multiprocess_mode="mostrecent",
            registry=self.registry,
        )
        self._notices_waiting = self._gauge("payments_notices_waiting", "Notices not delivered yet")
        self._oldest_notice = self._gauge(
            "payments_oldest_waiting_notice_seconds", "Age of the oldest notice not delivered yet"
        )
        self._notices_given_up = self._gauge(
            "payments_notices_given_up", "Notices that nobody tries any more, until somebody repeats them"
        )
        self._violations = Gauge(
            "payments_invariant_violations",
            "Rows that break a truth about money or seats, by the truth's name",
            ["invariant"],
            multiprocess_mode="mostrecent",
            registry=self.registry,
        )
        self.set_attention_open({})

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(name, about, multiprocess_mode="mostrecent", registry=self.registry)

    def _histogram(
        self, name: str, about: str, labels: tuple[str, ...], *, buckets: tuple[float, ...] = _CALL_SECONDS
    ) -> Histogram:
        return Histogram(name, about, labels, buckets=buckets, registry=self.registry)

    def first_learned(self, how: str) -> None:
        """`how` is one of LEARNED_BY."""
        if how not in LEARNED_BY:
            raise ValueError(f"unknown way to learn: {how}")
        self._first_learned.labels(how).inc()

    def credentials_refused(self, door: str, reason: str) -> None:
        """`door` is one of DOORS, `reason` one of REASONS."""
        if door not in DOORS or reason not in REASONS:
            raise ValueError(f"unknown door or reason: {door}, {reason}")
        self._credentials_refused.labels(door, reason).inc()

    def observe_vipps(self, operation: str, outcome: str, seconds: float) -> None:
        self._vipps.labels(operation, outcome).observe(seconds)

    def observe_event_service(self, operation: str, outcome: str, seconds: float) -> None:
        self._event_service.labels(operation, outcome).observe(seconds)

    def observe_http(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is a template: raw paths would make a new series for each id."""
        labels = (method if method in _METHODS else "other", route, str(status))
        self._http.labels(*labels).observe(seconds)
        self._http_count.labels(*labels).inc()

    def ticked(self, unix_time: float) -> None:
        self._last_tick.set(unix_time)

    def set_oldest_unsettled_delivery(self, seconds: float) -> None:
        """0 when nothing waits."""
        self._unsettled.set(seconds)

    def set_oldest_overdue_registration(self, seconds: float) -> None:
        """0 when nothing is due."""
        self._overdue.set(seconds)

    def set_registrations_held(self, count: int) -> None:
        """Above 0 for as long as Vipps keeps us waiting across somebody's deadline."""
        self._held.set(count)

    def set_notices(self, *, waiting: int, oldest_seconds: float, given_up: int) -> None:
        """The age is 0 when nothing waits."""
        self._notices_waiting.set(waiting)
        self._oldest_notice.set(oldest_seconds)
        self._notices_given_up.set(given_up)

    def set_attention_open(self, counts: Mapping[str, int]) -> None:
        """Codes left out have no open case."""
        for code in ATTENTION_CODES:
            self._attention.labels(code).set(counts.get(code, 0))

    def set_violations(self, counts: Mapping[str, int]) -> None:
        """Every invariant by name, 0 when it holds."""
        for name, count in counts.items():
            self._violations.labels(name).set(count)

    def retention_ran(self, forgotten: Mapping[str, int], unix_time: float) -> None:
        """How much was forgotten, by what it was."""
        for what, count in forgotten.items():
            self._forgotten.labels(what).inc(count)
        self._retention.set(unix_time)

    def set_webhook_registered(self, *, is_registered: bool, unix_time: float) -> None:
        """What Vipps said last. The two figures come with its first answer: a 0 that means "not used" would alarm."""
        if self._webhook is None:
            self._webhook = (
                self._gauge(
                    "payments_vipps_webhook_registered", "Whether Vipps tells us of every event we want"
                ),
                self._gauge(
                    "payments_vipps_webhook_checked_timestamp_seconds",
                    "When Vipps last said what is registered, in Unix time",
                ),
            )
        registered, checked = self._webhook
        registered.set(int(is_registered))
        checked.set(unix_time)

    def render(self) -> bytes:
        """The text for `/metrics`: of all workers when figures are shared, of this process otherwise."""
        if not self._is_shared:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
