"""Access tokens: string values on the wire, several valid at once, each bound to one sales unit."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.config import SalesUnit, SimulatorConfig


@dataclass(frozen=True, slots=True)
class Issued:
    unit: SalesUnit
    expires_at: datetime


class TokenOffice:
    def __init__(self, *, config: SimulatorConfig, clock: VirtualClock) -> None:
        self._config, self._clock = config, clock
        self.issued: dict[str, Issued] = {}

    def issue(self, unit: SalesUnit) -> dict[str, str]:
        now = self._clock.now()
        expires_at = now + timedelta(seconds=self._config.token_seconds)
        token = _looks_like_a_jwt(unit.client_id, now, expires_at)
        self.issued[token] = Issued(unit, expires_at)
        return {
            "token_type": "Bearer",
            "expires_in": str(self._config.token_seconds),
            "ext_expires_in": "0",
            "expires_on": str(int(expires_at.timestamp())),
            "not_before": str(int(now.timestamp())),
            "resource": "00000002-0000-0000-c000-000000000000",
            "access_token": token,
        }

    def unit_of(self, token: str) -> SalesUnit | None:
        """None for a token that is unknown, revoked or past its time."""
        issued = self.issued.get(token)
        return issued.unit if issued and self._clock.now() < issued.expires_at else None

    def revoke_all(self) -> None:
        self.issued.clear()


def _looks_like_a_jwt(client_id: str, now: datetime, expires_at: datetime) -> str:
    """Three parts and well over a thousand characters, as the real ones; nobody is meant to verify it."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    head = {"typ": "JWT", "alg": "RS256", "kid": secrets.token_hex(16)}
    claims = {
        "appid": client_id,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": secrets.token_hex(200),
    }
    parts = (json.dumps(head).encode(), json.dumps(claims).encode(), secrets.token_bytes(256))
    return ".".join(part(raw) for raw in parts)
