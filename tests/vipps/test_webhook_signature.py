"""The signature of a webhook, held against examples worked out by others and by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Final

import pytest

from payments_service.vipps.webhook_signature import authority, is_authentic


@dataclass(frozen=True)
class Example:
    """A signed message. `says` is what came; everything else is what we hold it against."""

    secret: str
    path: str
    host: str
    date: str
    body: bytes
    content_hash: str
    signature: str

    def holds(self, **presented: bytes | None) -> bool:
        """Verify, with what differs from the example."""
        headers: dict[str, bytes | None] = {
            "date": self.date.encode(),
            "content_hash": self.content_hash.encode(),
            "authorization": signed(self.signature),
            **presented,
        }
        return is_authentic(
            secrets=[self.secret],
            host=self.host,
            path_and_query=self.path.encode(),
            body=self.body,
            **headers,
        )


def signed(signature: str) -> bytes:
    return f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}".encode()


#: Printed in Vipps' guide to authenticating webhooks, 2023.
A: Final = Example(
    secret="A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
    path="/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
    host="webhook.site",
    date="Thu, 30 Mar 2023 08:38:32 GMT",
    body=b'{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}',
    content_hash="lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
    signature="agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
)
#: An ePayment event to an address with a query.
B: Final = Example(
    secret="090a478d-37ff-4e77-970e-d457aeb26a3a",
    path="/hooks/vipps?shop=1",
    host="pay.example.org",
    date="Mon, 23 Nov 2026 12:00:01 GMT",
    body=(
        b'{"msn":"123456","reference":"order-0001-1","pspReference":"5f3a1c1e-6f6b-4b5f-8d0e-0d3f5d4c9a10",'
        b'"name":"AUTHORIZED","amount":{"currency":"NOK","value":49900},"timestamp":"2026-11-23T12:00:00.123Z",'
        b'"idempotencyKey":"3f1c7c1e-2b8d-4b53-9d0a-6d6c9f7a1b22","success":true}'
    ),
    content_hash="qOdqiZYqIxRkzPjCBiQoM7SAtDLLyFK9iB9XKjISI0Q=",
    signature="/+lElcf17XITuwMDO5GeoTUGz+TW7Jluuvvm/HHvPBI=",
)
#: Nothing in the body.
C: Final = Example(
    secret="secret",
    path="/",
    host="example.com",
    date="Thu, 01 Jan 2026 00:00:00 GMT",
    body=b"",
    content_hash="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    signature="i5Dn9ri6PxWsBqt2UOrJX2BmRVDvfCl9sFTPep4hoHo=",
)
EXAMPLES: Final = {"A": A, "B": B, "C": C}
each_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


@each_example
def test_a_known_signature_holds(example: Example) -> None:
    assert example.holds()


@pytest.mark.parametrize(
    ("example", "signature"),
    [
        (A, "e2JssLZWx4Kq/x8/foltDABXhfJzyZ4vliw4NYsxfl4="),  # lines that end in CR LF
        (A, "T3+NXHMmhNVEjW5PeJ4Gql70nf0MOXCAY9CoZDxuVQw="),  # the key decoded from base64
        (A, "u4zz3dyO3c3xJwl36rPpn1n7WF75u6r2epjH70MZTGM="),  # the placeholder of newer pages for a key
        (B, "qPDrgCLp7LEjA7+jPALi9be+VFKx7Iv/eFQPQSJ8G6I="),  # the host with a port
        (B, "PoAgymqwgtkhW39Vp1llBfoIaIwNHiBBSgfeY416SIw="),  # without the query
        (B, "DZIGBMgSQyi0PffIg5+HOhA6eCYwukqti+CGu4or2sU="),  # a newline after the body
    ],
)
def test_a_signature_of_something_else_does_not(example: Example, signature: str) -> None:
    assert not example.holds(authorization=signed(signature))


def test_each_of_those_is_right_for_what_it_signs() -> None:
    assert replace(
        B, host="pay.example.org:8443", signature="qPDrgCLp7LEjA7+jPALi9be+VFKx7Iv/eFQPQSJ8G6I="
    ).holds()
    assert replace(B, path="/hooks/vipps", signature="PoAgymqwgtkhW39Vp1llBfoIaIwNHiBBSgfeY416SIw=").holds()
    longer = replace(
        B,
        body=B.body + b"\n",
        content_hash="2zusovTcyz099vGYyjcPehIIkvhpTd88zwr0eL2WBxw=",
        signature="DZIGBMgSQyi0PffIg5+HOhA6eCYwukqti+CGu4or2sU=",
    )
    assert longer.holds()
    placeholder = replace(A, secret="A" * 86 + "==", signature="u4zz3dyO3c3xJwl36rPpn1n7WF75u6r2epjH70MZTGM=")
    assert placeholder.holds()


@each_example
def test_one_changed_byte_is_enough(example: Example) -> None:
    for place in range(len(example.body)):
        changed = bytearray(example.body)
        changed[place] ^= 1
        assert not replace(example, body=bytes(changed)).holds()
    assert not replace(example, body=example.body + b"\0").holds()
    assert not replace(example, host=example.host + ".").holds()
    assert not replace(example, path=example.path + "/").holds()
    assert not replace(example, date=example.date.replace("GMT", "UTC")).holds()
    assert not replace(example, secret=example.secret + " ").holds()
    assert not replace(example, secret="").holds()


@each_example
def test_the_content_hash_counts_by_itself(example: Example) -> None:
    other = base64.b64encode(hashlib.sha256(b"another body").digest())
    for presented in (other, b"", None, example.content_hash.encode() + b"=", b"\xff"):
        assert not example.holds(content_hash=presented)


def test_any_of_several_secrets_will_do() -> None:
    def tried(*secrets: str) -> bool:
        return is_authentic(
            secrets=secrets,
            host=A.host,
            path_and_query=A.path.encode(),
            date=A.date.encode(),
            content_hash=A.content_hash.encode(),
            authorization=signed(A.signature),
            body=A.body,
        )

    assert tried("the new one", A.secret)
    assert tried(A.secret, "the new one")
    assert not tried("the new one", "a third")
    assert not tried()


def test_an_empty_secret_opens_nothing_although_anybody_can_sign_with_it() -> None:
    message = f"POST\n{A.path}\n{A.date};{A.host};{A.content_hash}".encode()
    forged = base64.b64encode(hmac.new(b"", message, hashlib.sha256).digest()).decode()
    assert not replace(A, secret="", signature=forged).holds()


@pytest.mark.parametrize("presented", [None, b"", b"\xff\xfe", "Signature=å".encode(), b"\0" * 70_000])
@pytest.mark.parametrize("header", ["date", "content_hash", "authorization"])
def test_whatever_is_presented_nothing_raises(header: str, presented: bytes | None) -> None:
    assert not A.holds(**{header: presented})


def test_odd_secrets_and_hosts_raise_nothing_either() -> None:
    for odd in ("æøå", "\ud800", "\0", "x" * 10_000):
        assert not replace(A, secret=odd).holds()
        assert not replace(A, host=odd).holds()


def test_the_date_is_signed_and_its_age_is_not_looked_at() -> None:
    assert A.holds()  # of 2023
    assert not A.holds(date=b"Thu, 30 Mar 2023 08:38:33 GMT")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://pay.example.org", "pay.example.org"),
        ("https://Pay.Example.org/vipps/webhooks", "pay.example.org"),
        ("https://pay.example.org:443", "pay.example.org"),
        ("https://pay.example.org:8443", "pay.example.org:8443"),
        ("https://pay.example.org:80", "pay.example.org:80"),
        ("http://localhost:80", "localhost"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://[::1]:443", "[::1]"),
        ("https://[::1]:8443", "[::1]:8443"),
    ],
)
def test_a_port_is_signed_only_where_it_is_not_the_schemes_own(url: str, host: str) -> None:
    assert authority(url) == host
