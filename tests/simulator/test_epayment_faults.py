"""The faults of eCom under the same names at ePayment."""

import httpx
import pytest

from tests.simulator.epay import REF, EpayShop, number, values


@pytest.mark.parametrize(("kind", "captured"), [("drop_before", 0), ("drop_after", 1000)])
async def test_a_dropped_capture_is_repeated_under_its_key(
    authorised: EpayShop, kind: str, captured: int
) -> None:
    authorised.sim.add_fault(kind, "capture", order_id=REF)
    with pytest.raises(httpx.RemoteProtocolError):
        await authorised.adjust("capture", 1000, key="c1")
    assert authorised.sim.payment(REF).amounts.captured == captured
    assert (await authorised.adjust("capture", 1000, key="c1")).status_code == 200
    assert len(authorised.sim.journal.effects_of(REF, "CAPTURE")) == 1


async def test_create_may_time_out_after_success_and_is_repeated(epay: EpayShop) -> None:
    epay.sim.add_fault("silent", "initiate", after=True, order_id=REF)
    epay.http.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        await epay.create(key="k1")
    epay.http.timeout = httpx.Timeout(5)
    assert (await epay.create(key="k1")).status_code == 201
    assert len(epay.sim.journal.effects_of(REF, "INITIATE")) == 1


@pytest.mark.parametrize(
    ("operation", "verb", "path"),
    [
        ("initiate", "POST", "payments"),
        ("details", "GET", f"payments/{REF}"),
        ("events", "GET", f"payments/{REF}/events"),
        ("capture", "POST", f"payments/{REF}/capture"),
        ("cancel", "POST", f"payments/{REF}/cancel"),
        ("refund", "POST", f"payments/{REF}/refund"),
        ("force_approve", "POST", f"test/payments/{REF}/approve"),
    ],
)
async def test_every_call_is_known_by_its_name_however_it_is_spelt(
    epay: EpayShop, operation: str, verb: str, path: str
) -> None:
    epay.sim.add_fault("error", operation, order_id=REF, times=2, status=500, shape="epayment")
    body = epay.wish() if operation == "initiate" else None
    for spelt in (f"/epayment/v1/{path}", f"/EPayment/v1//{path}/"):
        answer = await epay.http.request(verb, spelt, json=body, headers=epay.headers())
        assert number(answer) == (500, "3010")
    assert [r.order_id for r in epay.sim.journal.requests_for(operation)] == [REF, REF]


async def test_odd_slashes_can_be_refused(authorised: EpayShop) -> None:
    authorised.sim.config.tolerate_odd_slashes = False
    answer = await authorised.http.get(f"/epayment/v1//payments/{REF}", headers=authorised.headers())
    assert answer.status_code == 404


async def test_a_locked_payment(authorised: EpayShop) -> None:
    authorised.sim.add_fault("error", "capture", status=423, shape="epayment", code="6160")
    assert number(await authorised.adjust("capture", 100, key="c1")) == (423, "6160")
    assert (await authorised.adjust("capture", 100, key="c1")).status_code == 200


async def test_reads_may_lag_behind(epay: EpayShop) -> None:
    await epay.create()
    for operation in ("details", "events"):
        epay.sim.add_fault("stale_details", operation, seconds=30)
    await epay.sim.advance(60)
    await epay.sim.member.approve(REF)
    assert (await epay.state(), await epay.names()) == ("CREATED", ["CREATED"])
    assert (await epay.state(), await epay.names()) == ("AUTHORIZED", ["CREATED", "AUTHORIZED"])


async def test_a_read_may_show_a_wrong_amount(authorised: EpayShop) -> None:
    authorised.sim.add_fault("wrong_amount", "details", amount=123)
    wrong = await authorised.get()
    assert (wrong["amount"]["value"], values(wrong["aggregate"])) == (123, (123, 0, 0, 0))
    assert (await authorised.get())["amount"]["value"] == 25000


async def test_the_member_may_approve_while_the_merchant_cancels(epay: EpayShop) -> None:
    await epay.create()
    epay.sim.add_fault("approve_first", "cancel")
    assert (await epay.adjust("cancel")).json()["state"] == "AUTHORIZED"
    assert await epay.names() == ["CREATED", "AUTHORIZED", "CANCELLED"]


async def test_success_may_be_claimed_for_nothing(authorised: EpayShop) -> None:
    for operation in ("capture", "refund", "cancel"):
        authorised.sim.add_fault("not_really", operation)
    claimed = await authorised.adjust("capture", 1000, key="c1")
    assert (claimed.status_code, values(claimed.json()["aggregate"])) == (200, (25000, 0, 1000, 0))
    assert (await authorised.adjust("refund", 1000)).json()["aggregate"]["refundedAmount"]["value"] == 1000
    assert (await authorised.adjust("cancel")).json()["aggregate"]["cancelledAmount"]["value"] == 25000
    assert await authorised.amounts() == (25000, 0, 0, 0)
    assert (await authorised.adjust("capture", 1000, key="c1")).status_code == 200
    assert await authorised.amounts() == (25000, 0, 1000, 0)


async def test_a_cancel_of_an_open_payment_may_be_claimed_too(epay: EpayShop) -> None:
    await epay.create()
    epay.sim.add_fault("not_really", "cancel")
    assert (await epay.adjust("cancel")).json()["state"] == "TERMINATED"
    assert await epay.state() == "CREATED"
