"""Who is calling: a machine with a service key, or a member with a token from the event backend."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, Request
from pydantic import SecretStr
from starlette.types import Scope

from payments_service.api.fields import backend_id
from payments_service.domain.errors import Refusal
from payments_service.settings import Settings

#: Seconds by which two clocks may differ.
LEEWAY_SECONDS = 10
LONGEST_TOKEN = 8192
#: The year 10000: beyond it no calendar can say when a token ends.
LATEST_EXPIRY = 253_402_300_800


CALLER = "payments.caller"
WHY_UNAUTHORIZED = "payments.why_unauthorized"

Reason = Literal["missing", "malformed", "unknown", "expired"]


class Unauthorized(Refusal):
    """No credentials, or none that are known here. `reason` is for figures and logs; callers never learn it."""

    code = "unauthorized"

    def __init__(self, reason: Reason = "unknown") -> None:
        super().__init__()
        self.reason = reason


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is the service key's name or the member's id; `identity` tells the two apart in one word."""

    kind: Literal["service", "member"]
    name: str
    user_id: str | None = None
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    has_finance: bool = False

    @property
    def identity(self) -> str:
        """What idempotency keys and the audit trail are kept under."""
        return f"{self.kind}:{self.name}"

    @property
    def is_service(self) -> bool:
        return self.kind == "service"

    @property
    def sees_everything(self) -> bool:
        return self.is_service or self.is_admin

    def organises(self, organizer: str | None) -> bool:
        """An event without organizer is nobody's, whatever stands in a token's groups."""
        return bool(organizer) and organizer in self.groups


class Authenticator:
    """Knows the service keys and the one key that signs members' tokens.

    A name may have two keys while one is changed: the caller stays the same one, with the same idempotency keys.
    """

    def __init__(
        self,
        *,
        service_keys: Mapping[str, Iterable[SecretStr]],
        jwt_key: str | None = None,
        jwt_algorithm: str = "HS256",
        jwt_audience: str = "payments-service",
    ) -> None:
        self._service_keys = [
            (name, _digest(key.get_secret_value().encode()))
            for name, keys in service_keys.items()
            for key in keys
        ]
        self._jwt_key = jwt_key
        self._jwt_algorithm = jwt_algorithm
        self._jwt_audience = jwt_audience
        self._jwt = jwt.PyJWT()

    @classmethod
    def from_settings(cls, settings: Settings) -> Authenticator:
        return cls(
            service_keys=settings.service_api_keys,
            jwt_key=settings.jwt_verification_key,
            jwt_algorithm=settings.jwt_algorithm,
            jwt_audience=settings.jwt_audience,
        )

    def identify(self, header: bytes | None) -> Caller:
        """The caller behind one raw `Authorization` header. Raises Unauthorized, never saying why."""
        if header is None:
            raise Unauthorized("missing")
        found = re.fullmatch(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +([!-~]+)", header)
        if found is None or len(found[1]) > LONGEST_TOKEN:
            raise Unauthorized("malformed")
        return self._service(found[1]) or self._member(found[1])

    def _service(self, presented: bytes) -> Caller | None:
        """Every key is compared, by its digest, so that the time taken tells nothing about any of them."""
        digest = _digest(presented)
        matching = [name for name, key in self._service_keys if hmac.compare_digest(key, digest)]
        return Caller(kind="service", name=matching[0]) if matching else None

    def _member(self, token: bytes) -> Caller:
        if self._jwt_key is None:
            raise Unauthorized
        try:
            claims = self._jwt.decode(
                token,
                self._jwt_key,
                algorithms=[self._jwt_algorithm],
                audience=self._jwt_audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud"]},
            )
            return _member_of(claims)
        except jwt.ExpiredSignatureError:  # of a signature that is right
            raise Unauthorized("expired") from None
        # PyJWT lets other kinds through for claims of a wrong type (an `exp` beyond every calendar, for one).
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthorized from None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _member_of(claims: Mapping[str, Any]) -> Caller:
    """Claims are taken as typed or not at all: the text "false" is no boolean. Raises ValueError."""
    user_id, groups = claims["sub"], claims.get("groups", [])
    rights = [claims.get(right, False) for right in ("admin", "finance")]
    is_typed = (
        isinstance(user_id, str)
        and isinstance(claims["exp"], int | float)
        and not isinstance(claims["exp"], bool)
        and claims["exp"] < LATEST_EXPIRY
        and isinstance(groups, list)
        and all(isinstance(group, str) for group in groups)
        and all(isinstance(right, bool) for right in rights)
    )
    if not is_typed:
        raise ValueError("a claim has a wrong type")
    return Caller(
        kind="member",
        name=backend_id(user_id),
        user_id=user_id,
        groups=frozenset(groups),
        is_admin=rights[0],
        has_finance=rights[1],
    )


def caller_of(scope: Scope, authenticator: Authenticator) -> Caller:
    """Who sent this request, noted in its scope. Raises Unauthorized, for two headers too: a proxy may trust either."""
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    try:
        if len(headers) > 1:
            raise Unauthorized("malformed")
        scope[CALLER] = caller = authenticator.identify(headers[0] if headers else None)
    except Unauthorized as refusal:
        scope[WHY_UNAUTHORIZED] = refusal.reason
        raise
    return caller


async def authenticate(request: Request) -> Caller:
    """The dependency of every route that is not a probe or a delivery from Vipps. Raises Unauthorized."""
    return caller_of(request.scope, request.app.state.authenticator)


Authenticated = Annotated[Caller, Depends(authenticate)]
