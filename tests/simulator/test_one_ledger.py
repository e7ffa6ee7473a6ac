"""Two APIs, one ledger: what was started in one, seen and moved through the other."""

import json

from tests.simulator.epay import REF, EpayShop, number
from tests.simulator.shop import codes


async def start_in_ecom(epay: EpayShop) -> None:
    assert (await epay.initiate(REF)).status_code == 200


async def test_ecoms_payments_can_be_read_and_adjusted_in_epayment(epay: EpayShop) -> None:
    await start_in_ecom(epay)
    assert await epay.state() == "CREATED"
    await epay.sim.member.approve(REF)
    await epay.adjust("capture", 20000, key="c1")
    await epay.adjust("refund", 5000)
    await epay.adjust("cancel")
    assert await epay.names() == ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]
    assert await epay.amounts() == (25000, 5000, 20000, 5000)
    assert await epay.operations(REF) == ["VOID", "REFUND", "CAPTURE", "RESERVE", "INITIATE"]
    newest_capture = (await epay.details(REF))["transactionLogHistory"][2]
    assert newest_capture["requestId"] == "c1"


async def test_epayment_tells_apart_what_is_all_cancel_in_ecom(epay: EpayShop) -> None:
    for name in ("order-000a", "order-000b", "order-000c"):
        await epay.initiate(name)
    await epay.sim.member.reject("order-000a")
    await epay.adjust("cancel", reference="order-000b")
    await epay.sim.advance(301)
    states = [await epay.state(f"order-000{letter}") for letter in "abc"]
    assert states == ["ABORTED", "TERMINATED", "EXPIRED"]
    assert await epay.operations("order-000a") == ["CANCEL", "INITIATE"]


async def test_a_timeout_without_a_trace_is_invisible_to_both(epay: EpayShop) -> None:
    epay.sim.config.timeout_is_logged = False
    await start_in_ecom(epay)
    await epay.sim.advance(301)
    assert (await epay.operations(REF), await epay.state()) == (["INITIATE"], "CREATED")


async def test_a_sale_reads_as_authorised_and_captured(epay: EpayShop) -> None:
    epay.unit.direct_capture = True
    await start_in_ecom(epay)
    await epay.sim.member.approve(REF)
    assert await epay.operations(REF) == ["SALE", "INITIATE"]
    assert await epay.names() == ["CREATED", "AUTHORIZED", "CAPTURED"]
    assert await epay.amounts() == (25000, 0, 25000, 0)
    assert number(await epay.adjust("capture", 1)) == (400, "6170")


async def test_epayments_payments_do_not_exist_in_ecom(authorised: EpayShop) -> None:
    path = f"/ecomm/v2/payments/{REF}"
    read = await authorised.http.get(f"{path}/details", headers=authorised.headers())
    assert codes(read) == (404, "Merchant", "35")
    for operation in ("capture", "refund", "cancel"):
        assert codes(await authorised.modify(operation, order_id=REF)) == (404, "Merchant", "35")
    forced = f"/ecomm/v2/integration-test/payments/{REF}/approve"
    assert codes(await authorised.http.post(forced, headers=authorised.headers())) == (404, "Merchant", "35")


async def test_an_id_is_used_once_whichever_api_used_it(epay: EpayShop) -> None:
    await epay.create()
    assert codes(await epay.initiate(REF)) == (400, "Merchant", "34")
    await epay.initiate("order-0002")
    assert number(await epay.create("order-0002")) == (409, "4150")


async def test_callbacks_are_for_ecom_and_webhooks_for_epayment(epay: EpayShop) -> None:
    epay.listen()
    await start_in_ecom(epay)
    await epay.create("order-0002")
    for name in (REF, "order-0002"):
        await epay.sim.member.approve(name)
        await epay.adjust("capture", 25000, reference=name)
    await epay.sim.tick()
    assert [json.loads(letter["raw"])["orderId"] for letter in epay.received] == [REF]
    assert {letter.body["reference"] for letter in epay.heard} == {"order-0002"}
    journal = epay.sim.journal
    assert [d.channel for d in journal.deliveries_of(REF)] == ["ecom"]
    assert {d.channel for d in journal.deliveries_of("order-0002")} == {"webhooks"}


async def test_a_unit_without_access_keeps_ecom(epay: EpayShop) -> None:
    epay.unit.epayment_allowed = False
    await start_in_ecom(epay)
    await epay.sim.member.approve(REF)
    assert (await epay.modify("capture", order_id=REF)).status_code == 200
    assert (await epay.adjust("refund", 100)).status_code == 403
