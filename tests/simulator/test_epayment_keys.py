"""Idempotency-Key: the same again gets the same answer, something else under it is a conflict."""

import pytest

from tests.simulator.epay import REF, EpayShop, complaints, number

LOCKED = {"status": 423, "shape": "epayment", "code": "6160"}


async def test_a_repeated_create_gets_the_same_link_and_one_payment(epay: EpayShop) -> None:
    epay.listen()
    first = await epay.create(key="k1")
    await epay.sim.member.approve(REF)
    second = await epay.create(key="k1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert len(epay.sim.journal.effects_of(REF, "INITIATE")) == 1
    await epay.sim.tick()
    assert epay.told() == ["CREATED", "AUTHORIZED"]


async def test_another_create_under_the_same_key_is_4020(epay: EpayShop) -> None:
    await epay.create(key="k1")
    assert number(await epay.create(value=100, key="k1")) == (409, "4020")
    assert number(await epay.create("order-0002", key="k1")) == (409, "4020")
    assert len(epay.sim.ledger.payments) == 1


async def test_how_a_body_is_written_makes_no_difference(epay: EpayShop) -> None:
    first = await epay.create(key="k1")
    turned = dict(reversed(epay.wish().items()))
    assert (await epay.send(turned, key="k1")).json() == first.json()


@pytest.mark.parametrize(("operation", "code"), [("capture", "4010"), ("refund", "4150")])
async def test_a_repeat_moves_no_more_money_and_other_amounts_conflict(
    authorised: EpayShop, operation: str, code: str
) -> None:
    await authorised.adjust("capture", 20000)
    first = await authorised.adjust(operation, 1000, key="same")
    second = await authorised.adjust(operation, 1000, key="same")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert number(await authorised.adjust(operation, 1001, key="same")) == (409, code)
    effects = authorised.sim.journal.effects_of(REF, operation.upper())
    assert [e.key for e in effects].count("same") == 1


async def test_a_repeated_cancel(authorised: EpayShop) -> None:
    first = await authorised.adjust("cancel", key="same")
    second = await authorised.adjust("cancel", key="same")
    assert (second.status_code, second.json()) == (200, first.json())
    other = await authorised.adjust("cancel", key="same", body={"cancelTransactionOnly": True})
    assert number(other) == (409, "4020")


async def test_keys_are_separate_for_each_reference_and_endpoint(authorised: EpayShop) -> None:
    await authorised.create("order-0002", key="same")
    await authorised.sim.member.approve("order-0002")
    for reference in (REF, "order-0002"):
        answer = await authorised.adjust("capture", 1000, key="same", reference=reference)
        assert answer.status_code == 200
    assert (await authorised.adjust("refund", 1000, key="same")).status_code == 200


async def test_a_refusal_is_repeated_until_the_key_is_a_new_one(epay: EpayShop) -> None:
    await epay.create()
    refused = await epay.adjust("capture", 1000, key="early")
    await epay.sim.member.approve(REF)
    again = await epay.adjust("capture", 1000, key="early")
    assert (again.status_code, again.json()) == (400, refused.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert (await epay.adjust("capture", 1000, key="late")).status_code == 200


async def test_a_body_of_the_wrong_form_uses_up_its_key_too(epay: EpayShop) -> None:
    assert complaints(await epay.create("short", key="k1")) == {"reference"}
    assert complaints(await epay.create("short", key="k1")) == {"reference"}
    assert number(await epay.create(key="k1")) == (409, "4020")


async def test_refusals_can_be_forgotten(epay: EpayShop) -> None:
    epay.sim.config.remembers_refusals = False
    await epay.create()
    await epay.adjust("capture", 1000, key="early")
    await epay.sim.member.approve(REF)
    assert (await epay.adjust("capture", 1000, key="early")).status_code == 200


async def test_what_passes_by_itself_is_not_remembered(authorised: EpayShop) -> None:
    authorised.sim.add_fault("rate_limited", "capture")
    assert (await authorised.adjust("capture", 1000, key="k")).status_code == 429
    authorised.sim.add_fault("error", "capture", **LOCKED)
    assert number(await authorised.adjust("capture", 1000, key="k")) == (423, "6160")
    authorised.sim.add_fault("unauthorized", "capture")
    assert (await authorised.adjust("capture", 1000, key="k")).status_code == 401
    await authorised.sign_in()
    authorised.unit.epayment_allowed = False
    assert (await authorised.adjust("capture", 1000, key="k")).status_code == 403
    authorised.unit.epayment_allowed = True
    assert (await authorised.adjust("capture", 1000, key="k")).status_code == 200
