"""What a variable of the environment may hold: text in, checked value out, or ValueError."""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

RETURN_FIELDS = frozenset({"event_id", "order_id"})
LOOPBACK = frozenset({"localhost", "127.0.0.1"})
#: What asyncpg can be told in a URL. A root certificate goes into PGSSLROOTCERT, which asyncpg reads itself.
DATABASE_PARAMETERS = frozenset({"sslmode", "host", "port"})
SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


def whole_number(text: object) -> object:
    """Digits only: pydantic alone would also take `5.0`, `1_0` and surrounding blanks."""
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{1,7}", text):
        raise ValueError("must be a whole number")
    return text


def duration_seconds(text: str) -> int:
    """`HH:MM:SS` -> seconds."""
    found = re.fullmatch(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])", text)
    if found is None or text == "00:00:00":
        raise ValueError("must be HH:MM:SS and longer than 00:00:00")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def header_safe(text: str) -> str:
    """Printable ASCII without blanks: the value travels in a header as it stands."""
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("must be printable ASCII without blanks")
    return text


def secret(value: SecretStr) -> SecretStr:
    header_safe(value.get_secret_value())
    return value


def secrets(text: str) -> tuple[SecretStr, ...]:
    """`secret[,secret…]`, several while one is being rotated."""
    found = [header_safe(part.strip()) for part in text.split(",")]
    if len(set(found)) != len(found):
        raise ValueError("names the same secret twice")
    return tuple(SecretStr(part) for part in found)


def service_keys(text: str) -> Mapping[str, tuple[SecretStr, ...]]:
    """`name:secret[,name:secret…]`, parted at the first colon. A name may come twice while its secret is changed."""
    keys: dict[str, tuple[SecretStr, ...]] = {}
    known: set[str] = set()
    for part in text.split(","):
        name, _, value = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name) or not value:
            raise ValueError("must be name:secret[,name:secret…] with no part empty")
        if value in known:
            raise ValueError("has the same secret twice")
        if len(keys.get(name, ())) == 2:
            raise ValueError("has more than two secrets for one name: the one before and the new one")
        known.add(value)
        keys[name] = (*keys.get(name, ()), SecretStr(header_safe(value)))
    return keys


def url(text: str) -> str:
    """An absolute http(s) URL without userinfo, query, fragment or trailing slash."""
    if not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        raise ValueError("must be an absolute http(s) URL")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[A-Za-z0-9.:\[\]_-]+", parts.netloc):
        raise ValueError("must be an absolute http(s) URL without user or password")
    if not parts.hostname or parts.port == 0:  # .port itself raises ValueError when it is no number
        raise ValueError("must name a host")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError("must have no query and no fragment")
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


def exact_url(text: str) -> str:
    """The same, with the slash at its end kept: somebody else's route may be spelt with it."""
    url(text)
    return text


def origin(text: str) -> str:
    """`https://host[:port]`, or plain http on this very machine."""
    found = url(text)
    parts = urlsplit(found)
    if parts.path:
        raise ValueError("must be an origin: scheme, host and port, without a path")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https (http is for localhost and 127.0.0.1 only)")
    return found


def origins(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin(part.strip()) for part in text.split(",")))


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def return_url(text: str) -> str:
    """Where a member lands after Vipps; `{event_id}` and `{order_id}` may stand in its path and query."""
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(text)]
    except ValueError:
        raise ValueError("has an unpaired brace") from None
    if any(name is not None and (name not in RETURN_FIELDS or spec or conv) for name, spec, conv in fields):
        raise ValueError("may contain {event_id} and {order_id} and no other braces")
    longest = text.replace("{event_id}", "e" * 64).replace("{order_id}", "o" * 36)
    # Vipps takes 255 characters at most.
    if not re.fullmatch(r"[!-~]{1,255}", longest) or "\\" in longest or "{" in longest:
        raise ValueError("must be a URL of at most 255 characters without blanks")
    if "{" in urlsplit(text).netloc:
        raise ValueError("may not have a placeholder in its host")
    origin(origin_of(text))
    return text


def database_url(value: SecretStr) -> SecretStr:
    """`postgresql://…` as libpq knows it; the driver prefix is put in front later."""
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql:// or postgres://")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not (parts.hostname or "host" in query) or not parts.path.strip("/"):
        raise ValueError("must name a host and a database")
    _ = parts.port  # raises ValueError when it is no number
    if set(query) - DATABASE_PARAMETERS:
        raise ValueError(f"may carry only these parameters: {', '.join(sorted(DATABASE_PARAMETERS))}")
    if query.get("sslmode", "prefer") not in SSL_MODES:
        raise ValueError(f"sslmode must be one of {', '.join(sorted(SSL_MODES))}")
    return value


def asyncpg_dsn(address: str) -> str:
    """The same database for SQLAlchemy's asyncpg dialect, which calls libpq's `sslmode` `ssl`."""
    parts = urlsplit(address)
    query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
    rest = f"{parts.netloc}{parts.path}" + (f"?{urlencode(query)}" if query else "")
    return f"postgresql+asyncpg://{rest}"


def signing_secrets(text: str) -> tuple[SecretStr, ...]:
    """`whsec_` + base64 of 24–64 bytes, as Standard Webhooks has it; several with commas while one is being rotated."""
    found = secrets(text)
    for secret in found:
        if not is_signing_secret(secret.get_secret_value()):
            raise ValueError("must be whsec_ and the base64 of 24–64 bytes")
    return found


def is_signing_secret(text: str) -> bool:
    try:
        length = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and 24 <= length <= 64
