"""What Vipps signed is kept once and causes that Vipps is asked, whatever it says."""

from __future__ import annotations

import json

import pytest

from payments_service.use_cases.policy import Queue
from payments_service.vipps.webhook_registrations import EVENTS
from tests.api.conftest import WEBHOOK_SECRETS
from tests.webhooks.service import Hooked
from tests.webhooks.signing import PATH, Webhook, authorized, event, genuine, headers, signature_of

UNKNOWN = "5b0f1c9e-0000-4000-8000-000000000000"


async def test_a_webhook_is_kept_and_its_order_is_due(hooked: Hooked) -> None:
    nudged: list[Queue] = []
    hooked.services.on_nudge = nudged.append
    before = await hooked.everything()
    assert not await hooked.is_due()
    body = event(hooked.order_id)
    await hooked.takes(body)
    assert await hooked.is_due()
    assert await hooked.kept() == [("webhooks", hooked.order_id, body)]
    assert nudged == [Queue.ORDERS]
    after = await hooked.everything()
    assert {name for name in before if before[name] != after[name]} == {"deliveries", "orders"}


async def test_what_is_registered_is_what_is_handled(hooked: Hooked) -> None:
    """Each event we ask for makes its order due; the eighth there is says only what we did ourselves."""
    names = {event_name.split(".")[2].upper() for event_name in EVENTS}
    assert names == {"AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED", "CANCELLED", "CAPTURED", "REFUNDED"}
    assert all(name.startswith("epayments.payment.") and name.endswith(".v1") for name in EVENTS)
    for number, name in enumerate(sorted(names), start=1):
        await hooked.put_off()
        assert not await hooked.is_due()
        await hooked.takes(event(hooked.order_id, name))
        assert await hooked.is_due(), name
        assert len(await hooked.kept()) == number


async def test_nothing_it_says_is_believed(hooked: Hooked) -> None:
    before = await hooked.everything()
    for success in (True, False):
        await hooked.takes(
            event(hooked.order_id, success=success, amount={"currency": "EUR", "value": 10**12})
        )
    after = await hooked.everything()
    assert after["history"] == before["history"]
    assert after["operations"] == before["operations"]
    assert after["registrations"] == before["registrations"]
    assert await hooked.cases() == []


@pytest.mark.parametrize("times", [300])
async def test_a_genuine_one_may_come_again_and_again(hooked: Hooked, times: int) -> None:
    body = event(hooked.order_id)
    await hooked.takes(body)
    before = await hooked.everything()
    for _ in range(times):
        await hooked.takes(body)
    # a month later, by a date that Vipps signed anew: the same news all the same
    later = "Wed, 23 Dec 2026 12:00:01 GMT"
    renewed = authorized(signature_of(body, date=later))
    answer = await hooked.post(Webhook(body, headers(body, date=later, authorization=renewed)))
    assert answer.status_code == 200
    assert await hooked.everything() == before


async def test_both_secrets_are_good_while_one_is_changed(hooked: Hooked) -> None:
    for number, secret in enumerate(WEBHOOK_SECRETS):
        body = event(hooked.order_id, idempotencyKey=f"key-{number}")
        signed = authorized(signature_of(body, secret=secret.encode()))
        answer = await hooked.post(Webhook(body, headers(body, authorization=signed)))
        assert answer.status_code == 200
    assert len(await hooked.kept()) == 2


async def test_the_public_address_counts_and_not_the_one_of_the_request(hooked: Hooked) -> None:
    body = event(hooked.order_id)
    right = genuine(body)
    answer = await hooked.post(Webhook(body, [*right.headers, (b"host", b"10.0.0.7:8000")]))
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["?shop=1", "?b=2&a=%20x", "?a"])
async def test_a_query_is_signed_as_it_is_written(hooked: Hooked, query: str) -> None:
    body = event(hooked.order_id)
    signed = authorized(signature_of(body, path=PATH + query))
    answer = await hooked.post(Webhook(body, headers(body, authorization=signed), path=PATH + query))
    assert answer.status_code == 200


async def test_one_about_no_order_of_ours_is_kept_for_a_person(hooked: Hooked) -> None:
    nudged: list[Queue] = []
    hooked.services.on_nudge = nudged.append
    references = [UNKNOWN, hooked.order_id.upper(), "another-shops-order-1", "ø", "x" * 64]
    for reference in references:
        await hooked.takes(event(reference))
        await hooked.takes(event(reference, "CAPTURED"))
    assert await hooked.cases() == [("unknown_payment", reference) for reference in references]
    assert [order for _, order, _ in await hooked.kept()] == [r for r in references for _ in range(2)]
    assert not await hooked.is_due()
    assert nudged == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b'[{"reference": "x"}]',
        b'{"reference": null}',
        b'{"reference": 7}',
        b'{"reference": true}',
        b'{"reference": ["x"]}',
        b'{"reference": {"reference": "x"}}',
        b'{"reference": ""}',
        b'{"Reference": "x"}',
        b'{"reference": "' + b"x" * 65 + b'"}',
        b'{"reference": "' + b"x" * 60_000 + b'"}',
        b'{"reference": "a\\u0000b"}',
        b'{"reference": "a\\nb"}',
        b'{"reference": "\\ud800"}',
        b'{"reference": "\\u202e"}',
        b'{"amount": {"value": NaN}, "reference": null}',
        b'{"amount": {"value": 1' + b"0" * 5000 + b"}}",
    ],
)
async def test_one_that_names_nothing_is_kept_for_a_person_too(hooked: Hooked, body: bytes) -> None:
    await hooked.takes(body)
    await hooked.takes(body)
    assert await hooked.kept() == [("webhooks", "", body)]
    assert await hooked.cases() == [("unknown_payment", None)]
    assert not await hooked.is_due()


async def test_all_that_name_nothing_are_one_case(hooked: Hooked) -> None:
    for number in range(5):
        await hooked.takes(json.dumps({"number": number}).encode())
    assert len(await hooked.kept()) == 5
    assert await hooked.cases() == [("unknown_payment", None)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"reference": "\xff"}', 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
        (b" " * (64 * 1024 + 1), 413),
    ],
)
async def test_what_cannot_be_read_is_refused_although_signed(
    hooked: Hooked, body: bytes, status: int
) -> None:
    before = await hooked.everything()
    assert (await hooked.post(genuine(body))).status_code == status
    assert await hooked.everything() == before
