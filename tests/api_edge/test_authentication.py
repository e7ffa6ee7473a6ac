"""A caller is known by a whole service key or by a token signed as agreed; anything else is nobody."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr

from payments_service.api.access import (
    may_handle_money,
    may_see,
    may_see_order,
    may_start_order,
    require_organiser,
    require_self,
    require_service,
    require_service_or_admin,
)
from payments_service.api.authentication import Authenticator, Caller, Forbidden, Unauthorized
from payments_service.domain.errors import OrderNotFound, RegistrationNotFound
from tests.api_edge.edge import JWT_KEY, SERVICE_KEY, assert_problem


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"sub": "olanor", "aud": "payments-service", "exp": int(time.time()) + 60, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def token(key: str = JWT_KEY, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def forged(header: dict[str, Any], payload: Any, signature: bytes = b"") -> str:
    parts = [
        json.dumps(header).encode(),
        payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        signature,
    ]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


AUTHENTICATOR = Authenticator(
    service_keys={"backend": [SecretStr(SERVICE_KEY)], "ops": [SecretStr(SERVICE_KEY + "-of-ops")]},
    jwt_key=JWT_KEY,
)


def identify(credentials: str) -> Caller:
    return AUTHENTICATOR.identify(f"Bearer {credentials}".encode())


def test_a_service_key_names_its_caller() -> None:
    assert identify(SERVICE_KEY) == Caller(kind="service", name="backend")
    assert identify(SERVICE_KEY + "-of-ops").identity == "service:ops"
    assert AUTHENTICATOR.identify(f"bearer  {SERVICE_KEY}".encode()).is_service


def test_a_token_names_a_member_and_rights_are_off_unless_given() -> None:
    assert identify(token()) == Caller(kind="member", name="olanor", user_id="olanor")
    member = identify(
        token(groups=["index", "sosialen"], admin=True, finance=True, aud=["x", "payments-service"])
    )
    assert (member.groups, member.is_admin, member.has_finance) == (
        frozenset({"index", "sosialen"}),
        True,
        True,
    )
    assert identify(token(exp=int(time.time()) - 5)).name == "olanor"  # clocks differ


BAD_HEADERS = [
    None,
    b"",
    b"Bearer",
    b"Bearer ",
    SERVICE_KEY.encode(),
    b"Basic " + SERVICE_KEY.encode(),
    b"Bearer " + SERVICE_KEY[:-1].encode(),
    b"Bearer " + SERVICE_KEY.encode() + b"x",
    b"Bearer " + SERVICE_KEY.upper().encode(),
    b"Bearer " + SERVICE_KEY.encode() + b" x",
    b"Bearer " + SERVICE_KEY.encode() + b"\x00",
    b"Bearer \xc3\xb8\xff",
    b"Bearer x" * 5000,
    b"Bearer x.y.z",
    b"Bearer ...",
]


@pytest.mark.parametrize("header", BAD_HEADERS, ids=range(len(BAD_HEADERS)))
def test_a_header_that_is_not_quite_right_is_nobody(header: bytes | None) -> None:
    with pytest.raises(Unauthorized):
        AUTHENTICATOR.identify(header)


BAD_TOKENS = {
    "no algorithm": forged({"alg": "none"}, claims()),
    "no algorithm, other case": forged({"alg": "nOnE", "typ": "JWT"}, claims()),
    "another algorithm": token(JWT_KEY * 2, "HS512"),
    "same key, another algorithm": token(algorithm="HS384"),
    "another key": token("x" * 40),
    "cut": token()[:-2],
    "expired": token(exp=int(time.time()) - 31),
    "no expiry": token(exp=...),
    "expiry as text": token(exp=str(int(time.time()) + 60)),
    "expiry true": token(exp=True),
    "expiry beyond all calendars": token(exp=10**400),
    "expiry infinite": token(exp=float("inf")),
    "expiry not a number": token(exp=float("nan")),
    "expiry null": token(exp=None),
    "not yet valid": token(nbf=int(time.time()) + 3600),
    "another audience": token(aud="other-service"),
    "audience in a list of others": token(aud=["a", "b"]),
    "no audience": token(aud=...),
    "part of the audience": token(aud="payments"),
    "no subject": token(sub=...),
    "empty subject": token(sub=""),
    "subject that is no id": token(sub="ola nor"),
    "subject with NUL": token(sub="ola\0"),
    "subject of signs": token(sub="..."),
    "groups as text": token(groups="index"),
    "groups of numbers": token(groups=[1]),
    "groups null": token(groups=None),
    "groups as object": token(groups={"index": True}),
    "admin as text": token(admin="false"),
    "admin as number": token(admin=1),
    "finance as text": token(finance="true"),
    "finance null": token(finance=None),
    "no object inside": forged({"alg": "HS256"}, [1]),
    "deep inside": forged({"alg": "HS256"}, b"[" * 5000),
}


@pytest.mark.parametrize("credentials", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_token_not_made_as_agreed_is_nobody(credentials: str) -> None:
    with pytest.raises(Unauthorized):
        identify(credentials)


def test_a_subject_sent_as_number_is_nobody() -> None:
    # PyJWT's encoder refuses to make such a token; another library would.
    payload = jwt.PyJWS().encode(json.dumps(claims(sub=5)).encode(), JWT_KEY, algorithm="HS256")
    with pytest.raises(Unauthorized):
        identify(payload)


def test_without_a_key_no_token_is_good() -> None:
    without = Authenticator(service_keys={})
    for credentials in (token(), token("x" * 64), forged({"alg": "none"}, claims())):
        with pytest.raises(Unauthorized):
            without.identify(f"Bearer {credentials}".encode())


async def test_nobody_gets_401_and_is_told_how(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things/1", headers={b"Authorization": b"Bearer \xff\xfe"})
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    del client.headers["Authorization"]
    assert_problem(await client.get("/v1/things/1"), 401, "unauthorized")
    member = await client.get("/v1/things/1", headers={"Authorization": f"Bearer {token()}"})
    assert member.json()["caller"] == "olanor"


SERVICE = Caller(kind="service", name="backend")
ADMIN = Caller(kind="member", name="admin", user_id="admin", is_admin=True)
ORGANISER = Caller(kind="member", name="org", user_id="org", groups=frozenset({"sosialen"}))
MEMBER = Caller(kind="member", name="olanor", user_id="olanor", groups=frozenset({"index"}))
OTHER = Caller(kind="member", name="kari", user_id="kari", has_finance=True)


def with_finance(caller: Caller) -> Caller:
    return Caller(
        kind=caller.kind,
        name=caller.name,
        user_id=caller.user_id,
        groups=caller.groups,
        is_admin=caller.is_admin,
        has_finance=True,
    )


CALLERS = [SERVICE, ADMIN, ORGANISER, MEMBER, OTHER]
NAMES = ["service", "admin", "organiser", "member", "other"]


def outcomes(ask: Any) -> list[str]:
    """What each of the five callers gets."""
    found = []
    for caller in CALLERS:
        try:
            ask(caller)
            found.append("yes")
        except Forbidden:
            found.append("no")
        except (OrderNotFound, RegistrationNotFound):
            found.append("404")
    return found


def test_the_table_of_who_may_do_what() -> None:
    assert outcomes(require_service) == ["yes", "no", "no", "no", "no"]
    assert outcomes(require_service_or_admin) == ["yes", "yes", "no", "no", "no"]
    assert outcomes(lambda c: require_organiser(c, "sosialen")) == ["yes", "yes", "yes", "no", "no"]
    assert outcomes(lambda c: require_organiser(c, None)) == ["yes", "yes", "no", "no", "no"]
    assert outcomes(lambda c: require_self(c, "olanor")) == ["yes", "yes", "no", "yes", "no"]
    assert outcomes(lambda c: may_start_order(c, "olanor", "sosialen")) == ["yes", "yes", "no", "yes", "404"]
    see = outcomes(lambda c: may_see_order(c, "olanor", "sosialen", unseen=OrderNotFound))
    assert see == ["yes", "yes", "yes", "yes", "404"]


def test_money_takes_finance() -> None:
    def ask(caller: Caller) -> None:
        may_handle_money(caller, "olanor", "sosialen", unseen=OrderNotFound)

    assert outcomes(ask) == ["yes", "no", "no", "no", "404"]
    assert outcomes(lambda c: ask(with_finance(c))) == ["yes", "yes", "yes", "no", "404"]


def test_what_has_no_owner_any_more_belongs_to_nobody() -> None:
    assert not may_see(MEMBER, None, None)
    assert not may_see(ORGANISER, None, None)
    assert may_see(ADMIN, None, None)
