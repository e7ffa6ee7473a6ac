"""What leaves us for ePayment: headers, bodies, keys, and what is refused before it leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from payments_service.vipps.errors import OutcomeUnknown, Rejected
from tests.vipps.played import ORDER, PAYMENT, Played, answer, nok, payment

pytestmark = pytest.mark.parametrize("played", ["epayment"], indirect=True)
LINK = "https://landing.vipps.no?token=abc"
CREATED = {"reference": ORDER, "redirectUrl": LINK}


def problem(code: str, status: int = 400) -> httpx.Response:
    return answer(
        {"status": status, "title": "t", "extraDetails": [{"name": "ErrorCode", "reason": code}]}, status
    )


async def start(played: Played, **fields: Any) -> str | None:
    return await played.api.start(replace(PAYMENT, **fields), timeout=5)


async def test_a_start_says_everything_as_vipps_spells_it(played: Played) -> None:
    played.says(CREATED, 201)
    assert await start(played) == LINK
    request = played.requests[-1]
    assert (request.method, request.url.path) == ("POST", "/epayment/v1/payments")
    assert request.headers["Idempotency-Key"] == f"{ORDER}-i1"
    assert request.headers["Merchant-Serial-Number"] == "654321"
    assert played.sent == {
        "amount": {"currency": "NOK", "value": 25000},
        "paymentMethod": {"type": "WALLET"},
        "reference": ORDER,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://shop.test/back",
        "paymentDescription": "Julebord",
        "customer": {"phoneNumber": "4791234567"},
    }


async def test_without_a_phone_number_nobody_is_named(played: Played) -> None:
    played.says(CREATED, 201)
    await start(played, phone_number=None)
    assert "customer" not in played.sent


@pytest.mark.parametrize("text", ["", "Q", "QQ"])
async def test_a_description_has_the_three_characters_vipps_wants(played: Played, text: str) -> None:
    played.says(CREATED, 201)
    await start(played, text=text)
    assert len(played.sent["paymentDescription"]) >= 3
    assert played.sent["paymentDescription"].endswith(text)


async def test_a_repeated_start_is_the_same_in_every_byte(played: Played) -> None:
    played.says(CREATED, 201)
    for _ in range(2):
        await start(played)
    first, second = played.requests
    assert first.content == second.content
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def test_a_push_has_no_link(played: Played) -> None:
    played.says({"reference": ORDER}, 201)
    assert await start(played, is_push=True) is None
    assert played.sent["userFlow"] == "PUSH_MESSAGE"
    assert played.sent["customer"] == {"phoneNumber": "4791234567"}


async def test_a_push_that_the_sales_unit_may_not_make_becomes_a_link(played: Played) -> None:
    played.say = lambda r: problem("5080") if b"PUSH_MESSAGE" in r.content else answer(CREATED, 201)
    assert await start(played, is_push=True) == LINK
    keys = [request.headers["Idempotency-Key"] for request in played.requests]
    assert keys == [f"{ORDER}-i1", f"{ORDER}-i2"]
    assert [json.loads(r.content)["userFlow"] for r in played.requests] == ["PUSH_MESSAGE", "WEB_REDIRECT"]


async def test_any_other_no_to_a_push_is_a_no(played: Played) -> None:
    played.say = lambda _: problem("7010")
    with pytest.raises(Rejected):
        await start(played, is_push=True)
    assert len(played.requests) == 1


async def test_a_push_without_a_number_is_a_link(played: Played) -> None:
    played.says(CREATED, 201)
    assert await start(played, is_push=True, phone_number=None) == LINK


async def test_a_link_that_is_missing_is_an_unknown_outcome(played: Played) -> None:
    played.says({"reference": ORDER}, 201)
    with pytest.raises(OutcomeUnknown):
        await start(played)


@pytest.mark.parametrize("operation", ["capture", "refund"])
async def test_money_moves_under_its_key_and_an_explicit_amount(played: Played, operation: str) -> None:
    played.says(payment("AUTHORIZED", authorized=25000))
    await played.do(operation)
    request = played.requests[-1]
    assert (request.method, request.url.path) == ("POST", f"/epayment/v1/payments/{ORDER}/{operation}")
    assert request.headers["Idempotency-Key"] == f"{ORDER}-r1"
    assert played.sent == {"modificationAmount": nok(25000)}


@pytest.mark.parametrize("only_unapproved", [True, False])
async def test_a_cancel_says_whether_a_reservation_is_meant_too(
    played: Played, only_unapproved: bool
) -> None:
    played.says(payment("TERMINATED", cancelled=25000))
    await played.api.cancel(ORDER, key="k", text="t", timeout=5, only_unapproved=only_unapproved)
    assert played.requests[-1].url.path == f"/epayment/v1/payments/{ORDER}/cancel"
    assert played.sent == {"cancelTransactionOnly": only_unapproved}


async def test_a_key_that_vipps_would_refuse_never_leaves(played: Played) -> None:
    for key in ("", "k" * 51):
        with pytest.raises(ValueError, match="1 to 50 characters"):
            await played.api.capture(ORDER, amount_ore=1, key=key, text="t", timeout=5)
    assert played.requests == []


@pytest.mark.parametrize("amount", [0, -1, True, 1.0])
async def test_an_odd_amount_never_leaves(played: Played, amount: int) -> None:
    for act in (played.api.capture, played.api.refund):
        with pytest.raises(ValueError, match="whole number"):
            await act(ORDER, amount_ore=amount, key="k", text="t", timeout=5)
    assert played.requests == []
