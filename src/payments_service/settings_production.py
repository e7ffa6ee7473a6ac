"""What may be good enough on a laptop and is refused where money is real."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from payments_service.settings import Settings, VippsAccount

#: A secret of ours is chosen by us and can be this long; what Vipps hands out is sometimes shorter.
OWN_SECRET_CHARACTERS = 32
ISSUED_SECRET_CHARACTERS = 20
#: Words no random generator makes: long ones anywhere, short ones only where they stand alone.
PLAIN_WORDS = re.compile(
    r"changeme|change[-_.]me|password|passord|secret|hemmelig|example|placeholder|insecure|development|default|dummy"
    r"|1234567890|abcdefgh|qwerty|letmein|(?<![a-z0-9])(?:test|demo|local|dev|fake|todo|your|key|token)(?![a-z0-9])"
)
#: Keys and sales units printed in Vipps' own documentation and samples.
PRINTED_KEYS = frozenset({"Y8Kteew6GE3ZmeycEt6egg==", "0f14ebcab0ec4b29ae0cb90d91b4a84a"})
PRINTED_SALES_UNITS = frozenset({"123456", "654321", "000000", "111111", "1234567", "12345"})
TEST_SUFFIXES = (
    ".localhost",
    ".local",
    ".test",
    ".example",
    ".invalid",
    ".example.com",
    ".example.org",
    ".example.net",
)
VIPPS_PRODUCTION_HOST = "api.vipps.no"

_Secrets = list[tuple[str, SecretStr | None]]


def weakness(secret: str, *, at_least: int) -> str | None:
    """Why a secret could be guessed; None when nothing speaks for it."""
    if len(secret) < at_least:
        return f"is shorter than {at_least} characters"
    if secret in PRINTED_KEYS or PLAIN_WORDS.search(secret.lower()):
        return "is a well-known or made-up value"
    # A secret found inside its own doubling repeats itself.
    # Fewer than 7 kinds of character among 20 random hex digits happen once in 40,000 times.
    if secret in (secret + secret)[1:-1] or len(set(secret)) < 7:
        return "has too little variety"
    return None


def is_test_host(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or "apitest" in name or f".{name}".endswith(TEST_SUFFIXES)
    return address.is_loopback or address.is_unspecified


def address_problems(addresses: Iterable[tuple[str, str]]) -> list[str]:
    """Every address is https and somebody real's. Pairs of variable name and URL; one line a variable."""
    found: dict[str, str] = {}
    for variable, address in addresses:
        parts = urlsplit(address)
        if parts.scheme != "https":
            found.setdefault(variable, f"{variable} must be https in production")
        elif is_test_host(parts.hostname or ""):
            found.setdefault(variable, f"{variable} names a test host, which production refuses")
    return list(found.values())


def secret_problems(own: Iterable[tuple[str, str]], issued: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Pairs of variable name and secret. One line a variable, so that a list of keys names it once."""
    owners: dict[str, str] = {}
    complained: set[str] = set()
    pairs = [(variable, value, OWN_SECRET_CHARACTERS) for variable, value in own]
    pairs += [(variable, value, ISSUED_SECRET_CHARACTERS) for variable, value in issued]
    for variable, value, at_least in pairs:
        problem = weakness(value, at_least=at_least)
        if owners.setdefault(value, variable) != variable:
            problem = "is the same secret as another setting's"
        if problem and variable not in complained:
            complained.add(variable)
            yield f"{variable} {problem}, which production refuses"


def vipps_problems(*, environment: str, base_url: str, merchant_serial_number: str) -> Iterator[str]:
    """Keys of one Vipps environment never meet the address of the other one."""
    is_real = urlsplit(base_url).hostname == VIPPS_PRODUCTION_HOST
    if is_real and environment != "production":
        yield "VIPPS_BASE_URL is Vipps' production address, which takes ENVIRONMENT=production"
    if (is_real or environment == "production") and merchant_serial_number in PRINTED_SALES_UNITS:
        yield "VIPPS_MERCHANT_SERIAL_NUMBER is a sales unit from documentation or tests"


def account_problems(account: VippsAccount) -> list[str]:
    """Everything about a Vipps account that real money forbids, a line each."""
    return _problems(account, addresses=_account_addresses(account), own=[], issued=_account_secrets(account))


def problems(settings: Settings) -> list[str]:
    """Everything about these settings that real money forbids, a line each."""
    addresses = [
        *_account_addresses(settings),
        ("RETURN_URL", settings.return_url),
        ("EVENT_SERVICE_URL", settings.event_service_url),
        ("EVENT_WEBHOOK_URL", settings.event_webhook_url),
        *(("RETURN_ORIGINS", address) for address in settings.return_origins),
    ]
    own = [
        *(("SERVICE_API_KEYS", key) for keys in settings.service_api_keys.values() for key in keys),
        ("JWT_KEY", settings.jwt_key if settings.jwt_algorithm.startswith("HS") else None),
        ("VIPPS_CALLBACK_SECRET", settings.vipps_callback_secret),
        ("EVENT_SERVICE_TOKEN", settings.event_service_token),
        *(("EVENT_WEBHOOK_SECRET", secret) for secret in settings.event_webhook_secret),
    ]
    issued = [
        *(("VIPPS_WEBHOOK_SECRETS", secret) for secret in settings.vipps_webhook_secrets),
        *_account_secrets(settings),
    ]
    return _problems(settings, addresses=addresses, own=own, issued=issued)


def _account_addresses(account: VippsAccount) -> list[tuple[str, str | None]]:
    return [("PUBLIC_URL", account.public_url), ("VIPPS_BASE_URL", account.vipps_base_url)]


def _account_secrets(account: VippsAccount) -> _Secrets:
    return [
        ("VIPPS_CLIENT_SECRET", account.vipps_client_secret),
        ("VIPPS_SUBSCRIPTION_KEY", account.vipps_subscription_key),
    ]


def _problems(
    account: VippsAccount, *, addresses: list[tuple[str, str | None]], own: _Secrets, issued: _Secrets
) -> list[str]:
    mixed_up = list(
        vipps_problems(
            environment=account.environment,
            base_url=account.vipps_base_url,
            merchant_serial_number=account.vipps_merchant_serial_number,
        )
    )
    if account.environment != "production":
        return mixed_up
    return [
        *mixed_up,
        *address_problems((variable, address) for variable, address in addresses if address is not None),
        *secret_problems(_in_clear(own), _in_clear(issued)),
    ]


def _in_clear(secrets: _Secrets) -> list[tuple[str, str]]:
    return [(variable, secret.get_secret_value()) for variable, secret in secrets if secret is not None]
