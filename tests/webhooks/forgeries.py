"""Webhooks that Vipps never sent: each differs from a genuine one in one respect."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from itertools import count

from tests.api.conftest import WEBHOOK_SECRETS
from tests.webhooks.signing import (
    DATE,
    HOST,
    PATH,
    SIGNED,
    Webhook,
    authorized,
    event,
    genuine,
    hash_of,
    headers,
    signature_of,
)

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def with_telling_signature(order_id: str) -> bytes:
    """A body whose signature has both letters that another alphabet writes differently."""
    bodies = (event(order_id, idempotencyKey=f"key-{number}") for number in count())
    return next(body for body in bodies if {"+", "/"} <= set(signature_of(body)))


def forgeries(order_id: str) -> Iterator[tuple[str, Webhook]]:
    """Every forgery, with a name. All are about an order that exists."""
    body = with_telling_signature(order_id)
    for name, authorization in {**_credentials(body), **_signatures(body), **_messages(body)}.items():
        yield name, Webhook(body, headers(body, authorization=authorization))
    yield from _two_credentials(body)
    yield from _dates(body)
    yield from _hashes(body)
    for name, other in _bodies(body).items():
        yield f"a body that is {name}", Webhook(other, headers(body))
        yield f"a body that is {name}, hashed", Webhook(other, headers(body, content_hash=hash_of(other)))
    for query in ("?shop=1", "?", "?b=2&a=1"):
        signed = signature_of(body, path=PATH + "?a=1&b=2")
        yield (
            f"signed with another query than {query}",
            Webhook(body, headers(body, authorization=authorized(signed)), path=PATH + query),
        )
    yield "a query nobody signed", Webhook(body, headers(body), path=PATH + "?shop=1")


def _credentials(body: bytes) -> dict[str, str | None]:
    right = signature_of(body)
    return {
        "no credentials": None,
        "a service key": "Bearer local-backend-key-that-opens-nothing-else",
        "only the signature": right,
        "a lower-case scheme": authorized(right, scheme="hmac-sha256"),
        "another scheme": authorized(right, scheme="HMAC-SHA512"),
        "Basic": authorized(right, scheme="Basic"),
        "everything in lower case": authorized(right).lower(),
        "two blanks": authorized(right).replace(" ", "  "),
        "something after it": authorized(right) + ", x",
        "headers in another order": authorized(right, names="host;x-ms-date;x-ms-content-sha256"),
        "fewer headers": authorized(right, names="x-ms-date;host"),
        "more headers": authorized(right, names=SIGNED + ";content-type"),
        "other headers": authorized(right, names="date;host;digest"),
        "no headers": authorized(right, names=""),
        "the signature first": f"HMAC-SHA256 Signature={right}&SignedHeaders={SIGNED}",
        "no signature": f"HMAC-SHA256 SignedHeaders={SIGNED}",
    }


def _signatures(body: bytes) -> dict[str, str]:
    """The same bytes, or nearly, in another spelling."""
    right = signature_of(body)
    last = BASE64.index(right[42])
    spelled = {
        "an empty signature": "",
        "a truncated signature": right[:-4],
        "no padding": right.rstrip("="),
        "more padding": right + "=",
        "the URL's alphabet": right.replace("+", "-").replace("/", "_"),
        "a blank inside": right[:20] + " " + right[20:],
        "a tab inside": right[:20] + "\t" + right[20:],
        "a percent sign": right.replace("+", "%2B"),
        "hexadecimal": base64.b64decode(right).hex(),
        "of another length": base64.b64encode(base64.b64decode(right) + b"\0").decode(),
        "beyond ASCII": right[:-1] + "å",
        "a NUL": right + "\0",
        **{
            f"spelling {bits} of the same bytes": f"{right[:42]}{BASE64[(last & ~3) | bits]}="
            for bits in range(4)
            if bits != last & 3
        },
    }
    return {name: authorized(signature) for name, signature in spelled.items()}


def _messages(body: bytes) -> dict[str, str]:
    """Signatures that are right, of something else or by somebody else."""
    secret = WEBHOOK_SECRETS[0]
    signed = {
        "another secret": signature_of(body, secret=b"another secret of somebody's"),
        "an empty secret": signature_of(body, secret=b""),
        "the secret test": signature_of(body, secret=b"test"),
        "a revoked secret": signature_of(body, secret=b"0a3c64ab-7f1f-4c39-b85c-58a1f5a87f10"),
        "a secret decoded from base64": signature_of(body, secret=base64.b64decode(secret)),
        "both secrets together": signature_of(body, secret=",".join(WEBHOOK_SECRETS).encode()),
        "a secret with a line's end": signature_of(body, secret=secret.encode() + b"\n"),
        "a GET": signature_of(body, method="GET"),
        "a PUT": signature_of(body, method="PUT"),
        "a post in lower case": signature_of(body, method="post"),
        "lines that end in CR LF": signature_of(body, separator="\r\n"),
        "another path": signature_of(body, path="/vipps/v2/payments"),
        "the path of another registration": signature_of(body, path="/hooks/vipps"),
        "a path with a slash at its end": signature_of(body, path=PATH + "/"),
        "a path with two slashes": signature_of(body, path="/vipps//webhooks"),
        "a path with dots": signature_of(body, path="/vipps/../vipps/webhooks"),
        "an encoded path": signature_of(body, path="/vipps/%77ebhooks"),
        "a path without its prefix": signature_of(body, path="/webhooks"),
        "the whole address": signature_of(body, path=f"http://{HOST}{PATH}"),
        "a query": signature_of(body, path=PATH + "?shop=1"),
        "an empty query": signature_of(body, path=PATH + "?"),
        "another host": signature_of(body, host="evil.example"),
        "the host of this request": signature_of(body, host="payments.test"),
        "a host without its port": signature_of(body, host=HOST.partition(":")[0]),
        "a host in upper case": signature_of(body, host="LOCALHOST:8000"),
        "another date": signature_of(body, date="Mon, 23 Nov 2026 12:00:02 GMT"),
        "another body": signature_of(body + b" "),
    }
    return {f"signed: {name}": authorized(signature) for name, signature in signed.items()}


def _two_credentials(body: bytes) -> Iterator[tuple[str, Webhook]]:
    right = genuine(body)
    bad = (b"authorization", authorized(signature_of(body, secret=b"test")).encode())
    good = next(pair for pair in right.headers if pair[0] == b"authorization")
    others = [pair for pair in right.headers if pair != good]
    yield "good and bad credentials", Webhook(body, [*others, good, bad])
    yield "bad and good credentials", Webhook(body, [*others, bad, good])
    yield "good credentials twice", Webhook(body, [*others, good, good])
    yield "credentials elsewhere", Webhook(body, [*others, (b"x-vipps-authorization", good[1])])
    yield (
        "a forwarded host",
        Webhook(
            body,
            [
                *headers(body, authorization=authorized(signature_of(body, host="evil.example"))),
                (b"x-forwarded-host", b"evil.example"),
                (b"forwarded", b"host=evil.example"),
            ],
        ),
    )


def _dates(body: bytes) -> Iterator[tuple[str, Webhook]]:
    dates: dict[str, str | bytes | None] = {
        "no date": None,
        "an empty date": b"",
        "another date": "Mon, 23 Nov 2026 12:00:02 GMT",
        "a date of 1970": "Thu, 01 Jan 1970 00:00:00 GMT",
        "a date far ahead": "Fri, 31 Dec 9999 23:59:59 GMT",
        "a date beyond ASCII": DATE.encode() + b"\xe5\xff",
        "a date in another spelling": "2026-11-23T12:00:01Z",
        "a date with a host in it": f"{DATE};{HOST}",
    }
    for name, date in dates.items():
        yield name, Webhook(body, headers(body, date=date))


def _hashes(body: bytes) -> Iterator[tuple[str, Webhook]]:
    right = hash_of(body)
    hashes = {
        "no hash": None,
        "the hash of another body": hash_of(body + b" "),
        "the hash of nothing": hash_of(b""),
        "a hash in hexadecimal": base64.b64decode(right).hex(),
        "a hash without padding": right.rstrip("="),
        "a hash beyond ASCII": right + "å",
        "a hash with a blank": " " + right,
    }
    for name, content_hash in hashes.items():
        yield name, Webhook(body, headers(body, content_hash=content_hash))


def _bodies(body: bytes) -> dict[str, bytes]:
    said = json.loads(body)
    changed = bytearray(body)
    changed[body.index(b"25000")] ^= 1
    return {
        "changed by one bit": bytes(changed),
        "empty": b"",
        "written anew": json.dumps(said, separators=(",", ":")).encode(),
        "sorted": json.dumps(said, sort_keys=True).encode(),
        "begun with a byte order mark": b"\xef\xbb\xbf" + body,
        "in UTF-16": body.decode().encode("utf-16"),
        "longer by a key said twice": body[:-1] + b', "success": true}',
        "longer by a newline": body + b"\n",
        "packed": gzip.compress(body, mtime=0),
        "about another amount": body.replace(b"25000", b"1"),
        "another event": body.replace(b"AUTHORIZED", b"CAPTURED"),
        "cut": body[:-1],
    }
