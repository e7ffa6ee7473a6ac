"""The signature of a webhook against known values, and against what a receiver computes for itself."""

import base64
import hashlib
import hmac

import pytest

from payments_service.simulator.webhook_letters import WebhookForgery, sign, signed_headers
from tests.simulator.epay import REF, EpayShop

PUBLISHED_SECRET = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A=="
PUBLISHED_BODY = b'{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}'
OURS = {"secret": "090a478d-37ff-4e77-970e-d457aeb26a3a", "date": "Mon, 23 Nov 2026 12:00:01 GMT"}
BODY = (
    b'{"msn":"123456","reference":"order-0001-1","pspReference":"5f3a1c1e-6f6b-4b5f-8d0e-0d3f5d4c9a10",'
    b'"name":"AUTHORIZED","amount":{"currency":"NOK","value":49900},"timestamp":"2026-11-23T12:00:00.123Z",'
    b'"idempotencyKey":"3f1c7c1e-2b8d-4b53-9d0a-6d6c9f7a1b22","success":true}'
)


def test_the_published_example() -> None:
    content, signature = sign(
        secret=PUBLISHED_SECRET,
        path_and_query="/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
        host="webhook.site",
        date="Thu, 30 Mar 2023 08:38:32 GMT",
        body=PUBLISHED_BODY,
    )
    assert content == "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4="
    assert signature == "agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="


@pytest.mark.parametrize(
    ("path", "host", "body", "signature"),
    [
        ("/hooks/vipps?shop=1", "pay.example.org", BODY, "/+lElcf17XITuwMDO5GeoTUGz+TW7Jluuvvm/HHvPBI="),
        ("/hooks/vipps?shop=1", "pay.example.org:8443", BODY, "qPDrgCLp7LEjA7+jPALi9be+VFKx7Iv/eFQPQSJ8G6I="),
        ("/hooks/vipps", "pay.example.org", BODY, "PoAgymqwgtkhW39Vp1llBfoIaIwNHiBBSgfeY416SIw="),
        (
            "/hooks/vipps?shop=1",
            "pay.example.org",
            BODY + b"\n",
            "DZIGBMgSQyi0PffIg5+HOhA6eCYwukqti+CGu4or2sU=",
        ),
    ],
)
def test_the_query_the_port_and_the_last_byte_count(
    path: str, host: str, body: bytes, signature: str
) -> None:
    assert sign(path_and_query=path, host=host, body=body, **OURS)[1] == signature


def test_an_empty_body() -> None:
    content, signature = sign(
        secret="secret",
        path_and_query="/",
        host="example.com",
        date="Thu, 01 Jan 2026 00:00:00 GMT",
        body=b"",
    )
    assert content == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert signature == "i5Dn9ri6PxWsBqt2UOrJX2BmRVDvfCl9sFTPep4hoHo="


@pytest.mark.parametrize(
    ("url", "same_as"),
    [
        ("https://PAY.example.org:443/hooks/vipps?shop=1", "/+lElcf17XITuwMDO5GeoTUGz+TW7Jluuvvm/HHvPBI="),
        ("https://pay.example.org:8443/hooks/vipps?shop=1", "qPDrgCLp7LEjA7+jPALi9be+VFKx7Iv/eFQPQSJ8G6I="),
    ],
)
def test_host_and_path_are_those_of_the_registered_address(url: str, same_as: str) -> None:
    headers = signed_headers(url, BODY.decode(), registration_id="r", forgery=WebhookForgery(), **OURS)
    assert headers["Authorization"] == (
        f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={same_as}"
    )
    assert headers["Webhook-Id"] == "r"


async def test_a_receiver_computes_the_same(authorised: EpayShop) -> None:
    registration = authorised.listen()
    assert len(base64.b64decode(registration.secret)) == 64
    await authorised.adjust("capture", 100)
    await authorised.sim.tick()
    [letter] = authorised.heard
    content = base64.b64encode(hashlib.sha256(letter.raw).digest()).decode()
    assert letter.headers["x-ms-content-sha256"] == content
    message = f"POST\n{letter.path}?{letter.query}\n{letter.headers['x-ms-date']};{letter.headers['host']};{content}"
    digest = hmac.new(registration.secret.encode(), message.encode(), hashlib.sha256).digest()
    assert str(letter.signature).endswith(f"&Signature={base64.b64encode(digest).decode()}")
    assert letter.body["reference"] == REF
