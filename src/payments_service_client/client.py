"""The client: one way to one payments-service, its routes by what they are about."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Literal, Self
from urllib.parse import urlsplit

import httpx

from payments_service_client.calls import Calls
from payments_service_client.orders import Orders
from payments_service_client.paid_events import PaidEvents
from payments_service_client.registrations import Registrations
from payments_service_client.the_rest import AttentionCases, Events, Notices, Users
from payments_service_client.wire import Options, Sleep, Wire

#: Seconds for a whole call, repeats and waits included. A refund is answered within four calls to Vipps at its default
#: of ten seconds, an order within two.
DEADLINE: Final = 45.0


class PaymentsClient:
    """Speaks to the `/v1` routes. Use it as a context manager, or call `aclose`.

    `token` is a service key, or a member's JWT. It is sent, and shown nowhere. A call raises `PaymentsError`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        deadline: float = DEADLINE,
        language: Literal["nb", "en"] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`transport` takes the network's place in tests, and `sleep` and `clock` time's."""
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username:
            raise ValueError("base_url is the http(s) address of payments-service, without credentials")
        wire = Wire(base_url, transport=transport, sleep=sleep, clock=clock)
        self._take(wire, Options(token=_sound(token), deadline=_positive(deadline), language=language))

    def _take(self, wire: Wire, options: Options) -> None:
        self._wire = wire
        self._options = options
        calls = Calls(wire, options)
        self.paid_events = PaidEvents(calls)
        self.registrations = Registrations(calls)
        self.orders = Orders(calls)
        self.attention = AttentionCases(calls)
        self.events = Events(calls)
        self.users = Users(calls)
        self.notices = Notices(calls)

    def using(
        self,
        *,
        token: str | None = None,
        deadline: float | None = None,
        language: Literal["nb", "en"] | None = None,
        request_id: str | None = None,
    ) -> PaymentsClient:
        """The same connections with other options: a member's token, less time, the id of the request at hand.

        It is not closed by itself: the one it was made from is.
        """
        other = object.__new__(PaymentsClient)
        before = self._options
        other._take(
            self._wire,
            Options(
                token=before.token if token is None else _sound(token),
                deadline=before.deadline if deadline is None else _positive(deadline),
                language=before.language if language is None else language,
                request_id=before.request_id if request_id is None else request_id,
            ),
        )
        return other

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"PaymentsClient({self._wire.base_url!r})"


def _sound(token: str) -> str:
    """What cannot be sent in a header is refused here, without quoting it."""
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("a token is printable ASCII without spaces, and not empty")
    return token


def _positive(deadline: float) -> float:
    if not deadline > 0:
        raise ValueError("a deadline is more than 0 seconds")
    return deadline
