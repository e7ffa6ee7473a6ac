"""Members' tokens, really signed: each algorithm is good with its own key, and nothing else makes a token good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import RSAAlgorithm

from payments_service import settings_jwt
from payments_service.api.authentication import LEEWAY_SECONDS, Authenticator, Caller, Unauthorized
from payments_service.settings import JwtAlgorithm, Settings

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
AUDIENCE = "payments-service"
SHARED = "a-shared-secret-of-a-test-that-is-long-enough-for-all-of-them-0123456789"


@cache
def rsa_key(owner: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def curve(kind: ec.EllipticCurve) -> Callable[[str], Private]:
    @cache
    def make(owner: str) -> Private:
        return ec.generate_private_key(kind)

    return make


@cache
def ed(owner: str) -> Private:
    return ed25519.Ed25519PrivateKey.generate()


@cache
def ed_448(owner: str) -> Private:
    return ed448.Ed448PrivateKey.generate()


MAKERS: dict[str, Callable[[str], Private]] = {
    "RS256": rsa_key,
    "RS384": rsa_key,
    "RS512": rsa_key,
    "PS256": rsa_key,
    "ES256": curve(ec.SECP256R1()),
    "ES384": curve(ec.SECP384R1()),
    "ES512": curve(ec.SECP521R1()),
    "EdDSA": ed,
}
HMACS = ("HS256", "HS384", "HS512")


def pem_of(key: Private) -> str:
    encoding, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, kind).decode()


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"sub": "olanor", "aud": AUDIENCE, "exp": int(time.time()) + 60, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def authenticator(key: str, algorithm: str) -> Authenticator:
    return Authenticator(service_keys={}, jwt_key=key, jwt_algorithm=algorithm, jwt_audience=AUDIENCE)


def identify(by: Authenticator, token: str) -> Caller:
    return by.identify(f"Bearer {token}".encode())


def assert_nobody(by: Authenticator, token: str) -> None:
    with pytest.raises(Unauthorized):
        identify(by, token)


def by_hand(header: dict[str, Any], payload: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    parts = [json.dumps(part).encode() for part in (header, payload)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (signed + b"." + base64.urlsafe_b64encode(sign(signed)).rstrip(b"=")).decode()


def test_every_algorithm_that_may_be_set_is_tried_here() -> None:
    assert {*MAKERS, *HMACS} == set(get_args(JwtAlgorithm))


@pytest.mark.parametrize("algorithm", MAKERS)
@pytest.mark.parametrize("one_line", [False, True])
def test_a_token_of_the_right_private_key_is_good_and_of_another_is_not(
    algorithm: str, one_line: bool
) -> None:
    mine, another = MAKERS[algorithm]("backend"), MAKERS[algorithm]("stranger")
    pem = pem_of(mine).replace("\n", "\\n") if one_line else pem_of(mine)
    assert settings_jwt.problem(settings_jwt.as_written(pem), algorithm) is None
    by = authenticator(settings_jwt.as_written(pem), algorithm)
    assert identify(by, jwt.encode(claims(), mine, algorithm)).user_id == "olanor"
    assert_nobody(by, jwt.encode(claims(), another, algorithm))
    assert_nobody(by, jwt.encode(claims(aud="another-service"), mine, algorithm))


def test_eddsa_takes_its_longer_curve_too() -> None:
    by = authenticator(pem_of(ed_448("backend")), "EdDSA")
    assert identify(by, jwt.encode(claims(), ed_448("backend"), "EdDSA")).user_id == "olanor"


@pytest.mark.parametrize("algorithm", HMACS)
def test_a_token_of_the_shared_secret_is_good_and_of_another_is_not(algorithm: str) -> None:
    by = authenticator(SHARED, algorithm)
    assert identify(by, jwt.encode(claims(), SHARED, algorithm)).user_id == "olanor"
    assert_nobody(by, jwt.encode(claims(), SHARED + "x", algorithm))
    for other in set(HMACS) - {algorithm}:
        assert_nobody(by, jwt.encode(claims(), SHARED, other))


@pytest.mark.parametrize(
    "secret", [r"a\nsecret\rwith-backslashes-in-it-0123456789", " blanks around it count too, all 40 of it "]
)
def test_a_shared_secret_counts_to_the_letter(secret: str) -> None:
    by = authenticator(settings_jwt.as_written(secret), "HS256")
    assert identify(by, jwt.encode(claims(), secret, "HS256")).user_id == "olanor"


@pytest.mark.parametrize("algorithm", MAKERS)
def test_a_public_key_is_no_shared_secret(algorithm: str) -> None:
    """The classic: whoever knows the public key signs with it, and names an algorithm that takes it for a secret."""
    pem = pem_of(MAKERS[algorithm]("backend"))
    by = authenticator(pem, algorithm)
    spellings = [
        pem,
        pem.strip(),
        pem.replace("\n", "\\n"),
        pem.replace("\n", "\r\n"),
        "".join(pem.split("\n")[1:-2]),
    ]
    for named, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        for secret in spellings:

            def sign(signed: bytes, secret: str = secret, digest: Any = digest) -> bytes:
                return hmac.new(secret.encode(), signed, digest).digest()

            for header in ({"alg": named}, {"alg": algorithm, "typ": "JWT"}, {"alg": named.lower()}):
                assert_nobody(by, by_hand(header, claims(admin=True), sign))


@pytest.mark.parametrize("algorithm", [*MAKERS, "HS256"])
@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", "", None, 0, ["none"], "HS256,none"])
def test_a_token_without_an_algorithm_is_nobodys(algorithm: str, none: Any) -> None:
    by = authenticator(SHARED if algorithm in HMACS else pem_of(MAKERS[algorithm]("backend")), algorithm)
    assert_nobody(by, by_hand({"alg": none}, claims(), lambda _: b""))
    assert_nobody(by, by_hand({"alg": none}, claims(), lambda _: b"x"))
    assert_nobody(by, by_hand({}, claims(), lambda _: b""))


def test_the_right_key_under_another_algorithm_is_not_good() -> None:
    mine = rsa_key("backend")
    by = authenticator(pem_of(mine), "RS256")
    for other in ("RS384", "RS512", "PS256", "PS384", "PS512"):
        assert_nobody(by, jwt.encode(claims(), mine, other))


#: What a header may carry to lead a reader to a key of the sender's own.
LURES: dict[str, Any] = {
    "kid": "../../../../dev/null",
    "jku": "https://evil.test/keys.json",
    "x5u": "https://evil.test/chain.pem",
    "x5t": "AAAA",
    "typ": "at+jwt",
    "cty": "JWT",
}


def jwk_of(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return dict(RSAAlgorithm.to_jwk(key.public_key(), as_dict=True))


def test_a_key_that_comes_with_the_token_is_not_looked_at() -> None:
    mine, strangers = rsa_key("backend"), rsa_key("stranger")
    by = authenticator(pem_of(mine), "RS256")
    for name, value in {**LURES, "jwk": jwk_of(strangers), "x5c": ["MIIB"]}.items():
        assert_nobody(by, jwt.encode(claims(), strangers, "RS256", headers={name: value}))
        assert identify(by, jwt.encode(claims(), mine, "RS256", headers={name: value})).user_id == "olanor"


@pytest.mark.parametrize("kid", [1, None, ["a"], {"a": 1}, True])
def test_a_key_id_that_is_no_text_makes_a_token_nobodys(kid: Any) -> None:
    def sign(signed: bytes) -> bytes:
        return hmac.new(SHARED.encode(), signed, hashlib.sha256).digest()

    assert_nobody(authenticator(SHARED, "HS256"), by_hand({"alg": "HS256", "kid": kid}, claims(), sign))


def test_what_must_be_understood_and_is_not_makes_a_token_nobodys() -> None:
    by = authenticator(SHARED, "HS256")
    for header in ({"crit": ["exp2"], "exp2": 1}, {"crit": ["b64"], "b64": False}):
        assert_nobody(by, jwt.encode(claims(), SHARED, "HS256", headers=header))


NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({"exp": 1}, True),
        ({"exp": 1 - LEEWAY_SECONDS}, True),
        ({"exp": -LEEWAY_SECONDS}, False),
        ({"exp": -3600}, False),
        ({"nbf": LEEWAY_SECONDS}, True),
        ({"nbf": LEEWAY_SECONDS + 1}, False),
        ({"iat": LEEWAY_SECONDS}, True),
        ({"iat": LEEWAY_SECONDS + 1}, False),
        ({"iat": -(10**9)}, True),
    ],
)
@pytest.mark.parametrize("algorithm", ["HS256", "ES256"])
def test_clocks_may_differ_by_ten_seconds_and_no_more(
    algorithm: str, changes: dict[str, int], is_good: bool
) -> None:
    assert LEEWAY_SECONDS == 10
    with time_machine.travel(NOW, tick=False):
        instants = {name: int(NOW.timestamp()) + seconds for name, seconds in changes.items()}
        signing: Any = SHARED if algorithm in HMACS else MAKERS[algorithm]("backend")
        by = authenticator(SHARED if algorithm in HMACS else pem_of(signing), algorithm)
        token = jwt.encode(claims(**instants), signing, algorithm)
        if is_good:
            assert identify(by, token).user_id == "olanor"
        else:
            assert_nobody(by, token)


def test_only_a_token_that_was_good_once_is_called_expired() -> None:
    """The reason is counted, so it must not be the sender's to choose."""
    by = authenticator(SHARED, "HS256")
    for token, reason in (
        (jwt.encode(claims(exp=1), SHARED, "HS256"), "expired"),
        (jwt.encode(claims(exp=1), SHARED + "x", "HS256"), "unknown"),
        (jwt.encode(claims(exp=...), SHARED, "HS256"), "unknown"),
    ):
        with pytest.raises(Unauthorized) as caught:
            identify(by, token)
        assert caught.value.reason == reason


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_a_pem_in_one_line_of_a_dotenv_file_verifies(
    quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.settings.test_settings import LOCAL

    mine = MAKERS["ES256"]("backend")
    for name in ("JWT_KEY", "JWT_ALGORITHM", *LOCAL):
        monkeypatch.delenv(name, raising=False)
    pem = pem_of(mine).replace("\n", "\\n")
    lines = [f"{name}={value}" for name, value in LOCAL.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "JWT_ALGORITHM=ES256", f"JWT_KEY={quote}{pem}{quote}"]))
    settings = Settings(_env_file=tmp_path / ".env")
    by = Authenticator.from_settings(settings)
    assert identify(by, jwt.encode(claims(), mine, "ES256")).user_id == "olanor"
