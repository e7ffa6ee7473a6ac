"""Payment calls as Vipps' gateway wants them: keys, token and names in the headers, one renewal after a 401."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import Any, Final

import httpx
import structlog

from payments_service.outgoing import Answer, CallFailed, NothingLeft, Outgoing
from payments_service.vipps.access_token import AccessTokens
from payments_service.vipps.errors import NotSent, OutcomeUnknown, VippsError

SYSTEM_NAME: Final = "payments-service"
EVENT_KEYS_REFUSED: Final = "vipps_keys_refused"  # 401 with a brand-new token: only a person can help
#: Share of the whole time that must be left once there is a token; a payment call with less would be cut mid-air.
LEAST_SHARE: Final = 0.25

_Request = tuple[str, str, Mapping[str, Any] | None, dict[str, str]]  # method, path, body, headers of its own

log = structlog.get_logger()


class VippsTransport:
    """One way out to Vipps for one sales unit, and one access token; the only place where a call to Vipps leaves us."""

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        subscription_key: str,
        merchant_serial_number: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.merchant_serial_number = merchant_serial_number
        self._outgoing = Outgoing(base_url=base_url, transport=transport)
        self._headers = {
            "Ocp-Apim-Subscription-Key": subscription_key,
            "Merchant-Serial-Number": merchant_serial_number,
            **system_headers(),
        }
        keys = {"client_id": client_id, "client_secret": client_secret}
        self._tokens = AccessTokens(outgoing=self._outgoing, headers={**self._headers, **keys})

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> Answer:
        """Make one call, access token included in `timeout` seconds, and return the answer whatever its status.

        Raises `NotSent` or `OutcomeUnknown`. A 401 is answered with one new token and one repetition, which is safe:
        the gateway says it before anything behind it has seen the request.
        """
        deadline = monotonic() + timeout
        request = (method, path, body, dict(headers or {}))
        answer = await self._once(request, deadline=deadline, least=timeout * LEAST_SHARE)
        if answer.status == 401:
            answer = await self._once(request, deadline=deadline, least=timeout * LEAST_SHARE)
            if answer.status == 401:
                log.error(EVENT_KEYS_REFUSED)
        return answer

    async def aclose(self) -> None:
        await self._outgoing.aclose()

    async def _once(self, request: _Request, *, deadline: float, least: float) -> Answer:
        """Get a token and send; `least` seconds must be left for the sending. A refused token is forgotten."""
        token = await self._tokens.get(timeout=deadline - monotonic())
        if (left := deadline - monotonic()) < least:
            raise NotSent("the access token took the time")
        answer = await self._send(request, token, left)
        if answer.status == 401:
            self._tokens.forget(token)
        return answer

    async def _send(self, request: _Request, token: str, left: float) -> Answer:
        """Put the headers on and translate what went wrong into what to do about it."""
        method, path, body, extra = request
        headers = extra | self._headers | {"Authorization": f"Bearer {token}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        failure: VippsError
        try:
            return await self._outgoing.send(method, path, headers=headers, content=content, timeout=left)
        except NothingLeft as error:
            failure = NotSent(f"not sent ({error.reason})")
        except CallFailed as error:
            failure = OutcomeUnknown(f"no answer ({error.reason})")
        raise failure


def system_headers() -> dict[str, str]:
    """Who is calling, for Vipps' own support. Each at most 30 characters, or Vipps answers 400."""
    try:
        release = version("payments-service")
    except PackageNotFoundError:  # run from a source tree that was never installed
        release = "0"
    names = {
        "Vipps-System-Name": SYSTEM_NAME,
        "Vipps-System-Version": release,
        "Vipps-System-Plugin-Name": SYSTEM_NAME,
        "Vipps-System-Plugin-Version": release,
    }
    return {name: value[:30] for name, value in names.items()}
