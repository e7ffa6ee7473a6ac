"""Each life event and the words under which details, callback and status know it."""

import json
from typing import Any

import pytest

from payments_service.simulator.checkout import CheckoutOver
from tests.simulator.shop import Shop


def statuses(shop: Shop) -> list[str]:
    return [json.loads(letter["raw"])["transactionInfo"]["status"] for letter in shop.received]


async def test_initiated(shop: Shop) -> None:
    await shop.initiate()
    assert (await shop.operations(), statuses(shop), await shop.status()) == (["INITIATE"], [], "INITIATE")


async def test_approved(reserved: Shop) -> None:
    assert await reserved.operations() == ["RESERVE", "INITIATE"]
    assert (statuses(reserved), await reserved.status()) == (["RESERVED"], "RESERVE")
    details = await reserved.details()
    assert details["transactionSummary"] == {
        "capturedAmount": 0,
        "remainingAmountToCapture": 25000,
        "refundedAmount": 0,
        "remainingAmountToRefund": 0,
        "bankIdentificationNumber": 540185,
    }
    newest, oldest = details["transactionLogHistory"]
    assert newest["transactionId"] == oldest["transactionId"]


async def test_approved_at_a_unit_with_direct_capture(shop: Shop) -> None:
    shop.unit.direct_capture = True
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    assert await shop.operations() == ["SALE", "INITIATE"]
    assert (statuses(shop), await shop.status()) == (["SALE"], "SALE")
    assert (await shop.details())["transactionSummary"]["remainingAmountToRefund"] == 25000


async def test_an_express_payment_is_called_back_as_reserve(shop: Shop) -> None:
    express = {"paymentType": "eComm Express Payment", "consentRemovalPrefix": "https://shop.test/consent"}
    assert (await shop.initiate(**express)).status_code == 200
    await shop.sim.member.approve("order-1")
    assert statuses(shop) == ["RESERVE"]


@pytest.mark.parametrize(("direct", "word"), [(False, "RESERVE"), (True, "SALE")])
async def test_card_refused_then_another_card(shop: Shop, direct: bool, word: str) -> None:
    shop.unit.direct_capture = direct
    await shop.initiate()
    await shop.sim.member.decline_card("order-1")
    assert await shop.operations() == [f"{word}!", "INITIATE"]
    assert (statuses(shop), await shop.status()) == ([f"{word}_FAILED"], "FAILED")
    assert (await shop.details())["transactionSummary"]["remainingAmountToCapture"] == 0
    await shop.sim.member.approve("order-1")
    assert await shop.operations() == [word, f"{word}!", "INITIATE"]
    assert len(statuses(shop)) == 2


async def test_cancelled_in_the_app(shop: Shop) -> None:
    await shop.initiate()
    await shop.sim.member.reject("order-1")
    assert await shop.operations() == ["CANCEL", "INITIATE"]
    assert (statuses(shop), await shop.status()) == (["CANCELLED"], "CANCEL")
    letter = json.loads(shop.received[0]["raw"])
    assert "transactionId" in letter["transactionInfo"]
    assert "errorInfo" not in letter


@pytest.mark.parametrize(("logs", "log"), [(True, ["CANCEL", "INITIATE"]), (False, ["INITIATE"])])
async def test_cancelled_on_the_desktop(shop: Shop, logs: bool, log: list[str]) -> None:
    await shop.initiate()
    await shop.sim.member.cancel_on_desktop("order-1", logs=logs)
    assert await shop.operations() == log
    assert (statuses(shop), await shop.status()) == (["REJECTED"], "REJECTED")
    letter = json.loads(shop.received[0]["raw"])
    assert "transactionId" not in letter["transactionInfo"]
    assert (letter["errorInfo"]["errorCode"], letter["errorInfo"]["errorGroup"]) == ("45", "PAYMENTS")


async def test_nobody_acts(shop: Shop) -> None:
    await shop.initiate()
    await shop.sim.advance(301)
    assert await shop.operations() == ["CANCEL", "INITIATE"]
    assert (statuses(shop), await shop.status()) == (["REJECTED"], "REJECTED")


@pytest.mark.parametrize("operation", ["capture", "refund", "cancel"])
async def test_the_merchants_own_operations_call_nobody_back(reserved: Shop, operation: str) -> None:
    if operation == "refund":
        await reserved.modify("capture")
    await reserved.modify(operation)
    words = {"capture": "CAPTURE", "refund": "REFUND", "cancel": "VOID"}
    assert (await reserved.operations())[0] == words[operation]
    assert await reserved.status() == words[operation]
    assert statuses(reserved) == ["RESERVED"]


async def test_a_checkout_ends_once(reserved: Shop) -> None:
    actions: list[Any] = [
        reserved.sim.member.approve,
        reserved.sim.member.reject,
        reserved.sim.member.open,
        reserved.sim.member.decline_card,
    ]
    for action in actions:
        with pytest.raises(CheckoutOver):
            await action("order-1")
    assert len(reserved.sim.journal.effects_of("order-1", "RESERVE")) == 1


async def test_amounts_the_test_environments_bank_refuses(shop: Shop) -> None:
    shop.sim.config.test_amounts = True
    await shop.initiate(amount=151)
    await shop.sim.member.approve("order-1")
    assert await shop.operations() == ["RESERVE!", "INITIATE"]


async def test_force_approve_needs_no_body_and_works_once(shop: Shop) -> None:
    await shop.initiate()
    path = "/ecomm/v2/integration-test/payments/order-1/approve"
    for _ in range(2):
        assert (await shop.http.post(path, headers=shop.headers())).status_code == 200
    assert await shop.operations() == ["RESERVE", "INITIATE"]
