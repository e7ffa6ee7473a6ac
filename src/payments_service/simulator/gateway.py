"""The gateway in front of Vipps: checks keys and tokens, counts calls, and speaks in shapes of its own."""

from collections import defaultdict, deque
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SalesUnit
from payments_service.simulator.tokens import TokenOffice

# Calls a minute for one order, as published; only at the start the two APIs differ.
CALLS_A_MINUTE = {
    "initiate": 2, "capture": 5, "cancel": 5, "refund": 5, "details": 120, "status": 120, "events": 120
}  # fmt: skip


class Stopped(Exception):
    """The gateway answers by itself; the API behind it never sees the call."""

    def __init__(self, answer: Response) -> None:
        super().__init__("stopped at the gateway")
        self.answer = answer


def gateway_refusal(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status, headers=headers)


def token_refusal(message: str) -> JSONResponse:
    body = {
        "responseInfo": {"responseCode": 401, "responseMessage": "Unauthorized"},
        "result": {"message": message},
    }
    return JSONResponse(body, status_code=401)


def broken(message: str = "Something failed; please try again later.") -> JSONResponse:
    body = {"responseInfo": {"responseCode": 500, "responseMessage": message}}
    return JSONResponse(body, status_code=500)


def too_many(retry_after: int | None) -> JSONResponse:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return gateway_refusal(429, f"Too many calls. Try again in {retry_after or 60} seconds.", headers)


class Gateway:
    def __init__(self, *, clock: VirtualClock, tokens: TokenOffice) -> None:
        self._clock, self._tokens = clock, tokens
        self._calls: defaultdict[tuple[str, str, str], deque[datetime]] = defaultdict(deque)

    def admit(self, request: Request) -> SalesUnit:
        """The sales unit behind the credentials; Stopped when they do not belong together."""
        key = request.headers.get("ocp-apim-subscription-key")
        if not key:
            raise Stopped(gateway_refusal(401, "Access denied: the subscription key is missing."))
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word != "Bearer" or not token:
            raise Stopped(token_refusal("The Authorization header must be `Bearer` and an access token."))
        unit = self._tokens.unit_of(token)
        if unit is None:
            raise Stopped(token_refusal("The access token is not valid any more, or never was."))
        if key not in unit.subscription_keys:
            raise Stopped(gateway_refusal(401, "Access denied: the subscription key is not valid."))
        return unit

    def count(self, operation: str, order_id: str, unit: SalesUnit, *, limit: int | None = None) -> None:
        """Stops a caller who asks about one order more often than allowed."""
        limit = limit or CALLS_A_MINUTE.get(operation)
        if not unit.rate_limits or limit is None:
            return
        now = self._clock.now()
        calls = self._calls[operation, order_id, unit.merchant_serial_number]
        while calls and calls[0] <= now - timedelta(minutes=1):
            calls.popleft()
        if len(calls) >= limit:
            wait = calls[0] + timedelta(minutes=1) - now
            raise Stopped(too_many(max(1, int(wait.total_seconds()))))
        calls.append(now)

    def clear(self) -> None:
        self._calls.clear()
