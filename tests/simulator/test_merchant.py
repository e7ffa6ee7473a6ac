"""Capture, cancel and refund: amounts, limits, refusals, and what their answers look like."""

import pytest

from payments_service.simulator.config import SalesUnit
from tests.simulator.shop import Shop, codes

DAY = 86400


async def test_capture_answers_in_its_own_shape(reserved: Shop) -> None:
    answer = await reserved.modify("capture", 10000, key="c1")
    body = answer.json()
    assert body["transactionInfo"]["status"] == "Captured"
    assert body["transactionSummary"] == {
        "capturedAmount": 10000,
        "remainingAmountToCapture": 15000,
        "refundedAmount": 0,
        "remainingAmountToRefund": 10000,
    }
    newest = (await reserved.details())["transactionLogHistory"][0]
    assert newest["requestId"] == "c1"
    assert newest["transactionId"] == body["transactionInfo"]["transactionId"]
    assert newest["transactionId"] != reserved.sim.payment("order-1").transaction_id


@pytest.mark.parametrize("amount", [None, 0])
async def test_no_amount_is_everything_that_remains(reserved: Shop, amount: int | None) -> None:
    await reserved.modify("capture", 100)
    assert (await reserved.modify("capture", amount)).json()["transactionInfo"]["amount"] == 24900
    await reserved.modify("refund", 100)
    answer = (await reserved.modify("refund", amount)).json()
    assert answer["transaction"]["amount"] == 24900
    assert answer["transaction"]["status"] == "Refund"
    assert "transactionInfo" not in answer
    assert not answer["transaction"]["timeStamp"].endswith("Z")


async def test_capture_refusals(shop: Shop) -> None:
    await shop.initiate()
    assert codes(await shop.modify("capture")) == (400, "Payment", "62")
    await shop.sim.member.approve("order-1")
    assert codes(await shop.modify("capture", 25001)) == (400, "Payment", "61")
    assert (await shop.modify("capture", 25000)).status_code == 200
    assert codes(await shop.modify("capture")) == (400, "VippsError", "92")
    assert codes(await shop.modify("capture", order_id="nobody")) == (404, "Merchant", "35")
    await shop.initiate("order-2")
    await shop.modify("cancel", order_id="order-2")
    assert codes(await shop.modify("capture", order_id="order-2")) == (400, "VippsError", "91")


async def test_refund_refusals(shop: Shop) -> None:
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    assert codes(await shop.modify("refund")) == (400, "Payment", "72")
    await shop.modify("capture", 10000)
    assert codes(await shop.modify("refund", 10001)) == (400, "Payment", "71")
    await shop.initiate("order-2")
    await shop.modify("cancel", order_id="order-2")
    assert codes(await shop.modify("refund", order_id="order-2")) == (400, "Payment", "73")


async def test_a_refund_needs_settlement_funds(reserved: Shop) -> None:
    await reserved.modify("capture")
    reserved.unit.settlement_balance = 10000
    assert codes(await reserved.modify("refund", 10001)) == (400, "Payment", "74")
    assert (await reserved.operations())[0] == "REFUND!"
    assert (await reserved.modify("refund", 10000)).status_code == 200
    assert reserved.unit.settlement_balance == 0


async def test_limits_of_180_and_365_days(reserved: Shop) -> None:
    await reserved.modify("capture", 1000)
    await reserved.initiate("order-2")
    await reserved.sim.member.approve("order-2")
    await reserved.sim.advance(181 * DAY)
    await reserved.sign_in()
    assert codes(await reserved.modify("capture")) == (400, "Payment", "98")
    assert codes(await reserved.modify("cancel", order_id="order-2")) == (400, "Payment", "98")
    assert (await reserved.modify("refund", 100)).status_code == 200
    await reserved.sim.advance(185 * DAY)
    await reserved.sign_in()
    assert codes(await reserved.modify("refund", 100)) == (400, "Payment", "95")


async def test_a_reservation_the_issuer_has_forgotten(reserved: Shop) -> None:
    reserved.sim.config.issuer_reservation_days = 7
    await reserved.sim.advance(8 * DAY)
    await reserved.sign_in()
    assert codes(await reserved.modify("capture")) == (400, "Payment", "63")
    assert (await reserved.operations())[0] == "CAPTURE!"


async def test_legacy_units_answer_402() -> None:
    shop = Shop(unit=SalesUnit(legacy_402=True))
    await shop.sign_in()
    await shop.initiate()
    assert codes(await shop.modify("capture")) == (402, "Payment", "62")
    assert codes(await shop.initiate()) == (400, "Merchant", "34")


async def test_direct_capture_allows_refund_only(shop: Shop) -> None:
    shop.unit.direct_capture = True
    await shop.initiate()
    await shop.sim.member.approve("order-1")
    assert codes(await shop.modify("capture")) == (400, "VippsError", "92")
    assert codes(await shop.modify("cancel")) == (400, "Payment", "51")
    assert (await shop.modify("refund")).status_code == 200


async def test_an_integer_sales_unit_is_a_500_here_too(reserved: Shop) -> None:
    body = {"merchantInfo": {"merchantSerialNumber": 654321}, "transaction": {"transactionText": "x"}}
    assert (await reserved.post("/ecomm/v2/payments/order-1/capture", body)).status_code == 500


class TestCancel:
    async def test_before_the_member_has_acted(self, shop: Shop) -> None:
        await shop.initiate()
        answer = (await shop.modify("cancel")).json()
        assert answer["transactionInfo"]["status"] == "Cancelled"
        assert set(answer["transactionSummary"].values()) == {0}
        assert await shop.operations() == ["CANCEL", "INITIATE"]
        assert shop.received == []

    async def test_of_a_reservation(self, reserved: Shop) -> None:
        answer = (await reserved.modify("cancel")).json()
        assert set(answer["transactionSummary"].values()) == {0}
        assert await reserved.operations() == ["VOID", "RESERVE", "INITIATE"]

    async def test_of_the_rest_of_a_partly_captured_one(self, reserved: Shop) -> None:
        await reserved.modify("capture", 10000)
        assert codes(await reserved.modify("cancel")) == (400, "Payment", "51")
        answer = await reserved.modify("cancel", shouldReleaseRemainingFunds=True)
        assert answer.json()["transactionSummary"] == {
            "capturedAmount": 10000,
            "remainingAmountToCapture": 0,
            "refundedAmount": 0,
            "remainingAmountToRefund": 10000,
        }
        assert codes(await reserved.modify("capture", 1)) == (400, "Payment", "61")

    async def test_of_a_captured_one(self, reserved: Shop) -> None:
        await reserved.modify("capture")
        for flag in (False, True):
            answer = await reserved.modify("cancel", shouldReleaseRemainingFunds=flag)
            assert codes(answer) == (400, "Payment", "51")
        assert (await reserved.operations())[0] == "CAPTURE"

    async def test_twice(self, reserved: Shop) -> None:
        await reserved.modify("cancel")
        assert codes(await reserved.modify("cancel")) == (400, "VippsError", "92")
        assert len(reserved.sim.journal.effects_of("order-1", "VOID")) == 1


class TestIdempotency:
    @pytest.mark.parametrize("operation", ["capture", "refund"])
    async def test_a_repeat_changes_nothing_and_answers_the_same(
        self, reserved: Shop, operation: str
    ) -> None:
        await reserved.modify("capture", 20000)
        first = await reserved.modify(operation, 1000, key="same")
        second = await reserved.modify(operation, 1000, key="same")
        assert first.json() == second.json()
        effects = reserved.sim.journal.effects_of("order-1", operation.upper())
        assert [e.key for e in effects].count("same") == 1

    async def test_another_content_under_the_same_key_is_93(self, reserved: Shop) -> None:
        await reserved.modify("capture", 1000, key="same")
        assert codes(await reserved.modify("capture", 1001, key="same")) == (400, "Payment", "93")

    async def test_keys_are_separate_for_each_order_and_endpoint(self, reserved: Shop) -> None:
        await reserved.initiate("order-2")
        await reserved.sim.member.approve("order-2")
        await reserved.modify("capture", 1000, key="same")
        assert (await reserved.modify("capture", 2000, key="same", order_id="order-2")).status_code == 200
        assert (await reserved.modify("refund", 500, key="same")).status_code == 200

    @pytest.mark.parametrize("keys", [("a", "b"), (None, None)])
    async def test_without_the_same_key_more_money_moves(
        self, reserved: Shop, keys: tuple[str | None, ...]
    ) -> None:
        for key in keys:
            assert (await reserved.modify("capture", 1000, key=key)).status_code == 200
        assert reserved.sim.payment("order-1").amounts.captured == 2000

    async def test_a_refused_operation_may_succeed_later_under_its_key(self, reserved: Shop) -> None:
        await reserved.modify("capture")
        reserved.unit.settlement_balance = 0
        assert codes(await reserved.modify("refund", 100, key="r1")) == (400, "Payment", "74")
        reserved.unit.settlement_balance = None
        assert (await reserved.modify("refund", 100, key="r1")).status_code == 200

    async def test_the_key_is_limited_and_can_be_required(self, reserved: Shop) -> None:
        answer = await reserved.modify("capture", 100, key="x" * 41)
        assert codes(answer) == (400, "InvalidRequest", "X-Request-Id")
        reserved.sim.config.require_request_id = True
        assert codes(await reserved.modify("capture", 100)) == (400, "InvalidRequest", "X-Request-Id")
