"""What ePayment's answers amount to: sums and log become one reading, everything else an error named by its remedy."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from payments_service.domain.folding import Folded, Mismatch, Unclear, fold
from payments_service.domain.readings import NoSuchPayment, Reading, Totals
from payments_service.vipps.errors import OutcomeUnknown
from tests.vipps.played import OPERATIONS, ORDER, Played, answer, event, payment

pytestmark = pytest.mark.parametrize("played", ["epayment"], indirect=True)
PRICE = 25_000


def says(played: Played, found: Any, log: Any = None) -> None:
    def say(request: httpx.Request) -> httpx.Response:
        return answer(log if request.url.path.endswith("/events") else found)

    played.say = say


async def read(played: Played, found: Any, *events: dict[str, Any]) -> Reading:
    says(played, found, [event("CREATED"), *events])
    reading = await played.do("read")
    assert isinstance(reading, Reading)
    return reading


async def folded(played: Played, found: Any, *events: dict[str, Any]) -> Folded | Unclear | Mismatch:
    return fold(await read(played, found, *events), order_id=ORDER, amount_ore=PRICE)


async def test_while_nobody_has_acted_one_call_is_enough(played: Played) -> None:
    reading = await read(played, payment())
    assert [entry.word for entry in reading.entries] == ["CREATED"]
    assert len(played.requests) == 1
    assert played.requests[0].url.path == f"/epayment/v1/payments/{ORDER}"


async def test_afterwards_the_log_is_read_too(played: Played) -> None:
    found = payment("AUTHORIZED", authorized=PRICE, captured=10000, refunded=4000)
    log = (
        event("AUTHORIZED", timestamp="2026-11-23T12:00:01.1234567Z"),
        event("CAPTURED", 10000, idempotencyKey="key-c1", timestamp="2026-11-23T12:00:02Z"),
        event("REFUNDED", 4000, idempotencyKey="key-r1", timestamp="2026-11-23T12:00:03Z"),
    )
    reading = await read(played, found, *log)
    assert [e.word for e in reading.entries] == ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED"]
    assert [e.request_id for e in reading.entries] == [None, None, "key-c1", "key-r1"]
    assert reading.totals == Totals(
        captured_ore=10000, held_ore=15000, refunded_ore=4000, authorized_ore=PRICE
    )
    assert [r.url.path.removeprefix("/epayment/v1/payments/") for r in played.requests] == [
        ORDER,
        f"{ORDER}/events",
    ]


# state, sums, events after CREATED                                     status, captured, refunded, held
TABLE: list[tuple[str, dict[str, int], list[dict[str, Any]], str, int, int, int]] = [
    ("AUTHORIZED", {"authorized": PRICE}, [event("AUTHORIZED")], "RESERVED", 0, 0, PRICE),
    ("CREATED", {"authorized": PRICE}, [event("AUTHORIZED")], "RESERVED", 0, 0, PRICE),  # the state is behind
    ("AUTHORIZED", {"authorized": PRICE}, [], "RESERVED", 0, 0, PRICE),  # the log is behind
    (
        "AUTHORIZED",
        {"authorized": PRICE},
        [event("AUTHORIZED", success=False), event("AUTHORIZED")],
        "RESERVED",
        0,
        0,
        PRICE,
    ),
    (
        "AUTHORIZED",
        {"authorized": PRICE, "captured": PRICE},
        [event("AUTHORIZED"), event("CAPTURED")],
        "CAPTURE",
        PRICE,
        0,
        0,
    ),
    (
        "AUTHORIZED",
        {"authorized": PRICE},
        [event("AUTHORIZED"), event("CAPTURED", success=False)],
        "RESERVED",
        0,
        0,
        PRICE,
    ),
    # AUTHORIZED stays for ever: only the sums tell that nothing is left
    (
        "AUTHORIZED",
        {"authorized": PRICE, "cancelled": PRICE},
        [event("AUTHORIZED"), event("CANCELLED")],
        "VOID",
        0,
        0,
        0,
    ),
    (
        "AUTHORIZED",
        {"authorized": PRICE, "captured": PRICE, "refunded": PRICE},
        [event("AUTHORIZED"), event("CAPTURED"), event("REFUNDED")],
        "REFUND",
        PRICE,
        PRICE,
        0,
    ),
    (
        "AUTHORIZED",
        {"authorized": PRICE, "captured": 10000, "cancelled": 15000},
        [event("AUTHORIZED"), event("CAPTURED", 10000), event("CANCELLED", 15000)],
        "CAPTURE",
        10000,
        0,
        0,
    ),
    ("ABORTED", {}, [event("ABORTED")], "CANCEL", 0, 0, 0),
    ("ABORTED", {}, [], "CANCEL", 0, 0, 0),  # the log is behind
    ("EXPIRED", {}, [event("AUTHORIZED", success=False), event("EXPIRED")], "CANCEL", 0, 0, 0),
    ("TERMINATED", {"cancelled": PRICE}, [event("TERMINATED")], "CANCEL", 0, 0, 0),
]


@pytest.mark.parametrize(("state", "sums", "events", "status", "captured", "refunded", "held"), TABLE)
async def test_sums_decide_and_the_state_alone_never_does(
    played: Played,
    state: str,
    sums: dict[str, int],
    events: list[dict[str, Any]],
    status: str,
    captured: int,
    refunded: int,
    held: int,
) -> None:
    verdict = await folded(played, payment(state, **sums), *events)
    assert isinstance(verdict, Folded)
    amounts = verdict.amounts
    assert (verdict.status, amounts.captured_ore, amounts.refunded_ore, amounts.held_ore) == (
        status,
        captured,
        refunded,
        held,
    )


@pytest.mark.parametrize(
    ("found", "events"),
    [
        (payment("AUTHORIZED"), [event("AUTHORIZED")]),  # approved by log and state, and the sums are behind
        (payment("AUTHORIZED"), []),
        (payment("AUTHORIZED", authorized=PRICE, cancelled=PRICE), [event("AUTHORIZED")]),
        (payment("AUTHORIZED", authorized=PRICE), [event("AUTHORIZED"), event("CANCELLED")]),
        (payment("AUTHORIZED", authorized=PRICE), [event("AUTHORIZED"), event("CAPTURED")]),
        (payment("ABORTED", authorized=PRICE), [event("ABORTED")]),
        (payment("EXPIRED", authorized=PRICE), [event("AUTHORIZED")]),
        (payment("PONDERING"), []),
        (payment("AUTHORIZED", authorized=PRICE, refunded=1), [event("AUTHORIZED")]),
    ],
)
async def test_what_contradicts_itself_is_neither_paid_nor_unpaid(
    played: Played, found: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    assert isinstance(await folded(played, found, *events), Unclear)


@pytest.mark.parametrize(
    ("found", "events"),
    [
        (payment(price=PRICE + 1), []),
        (payment("AUTHORIZED", authorized=PRICE + 1), [event("AUTHORIZED", PRICE + 1)]),
        (payment("AUTHORIZED", authorized=PRICE, captured=PRICE + 1), [event("AUTHORIZED")]),
        ({**payment(), "amount": {"currency": "DKK", "value": PRICE}}, []),
        (payment("AUTHORIZED", authorized=100), [event("AUTHORIZED")]),
        (payment("AUTHORIZED", authorized=100, cancelled=100), [event("AUTHORIZED"), event("CANCELLED")]),
        (
            payment("AUTHORIZED", authorized=PRICE),
            [event("AUTHORIZED", amount={"currency": "EUR", "value": PRICE})],
        ),
    ],
)
async def test_another_amount_or_currency_is_a_persons_matter(
    played: Played, found: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    assert isinstance(await folded(played, found, *events), Mismatch)


async def test_old_spellings_of_the_log_are_read(played: Played) -> None:
    old = {k: v for k, v in event("AUTHORIZED").items() if k != "name"}
    old |= {"paymentAction": "AUTHORIZED", "processedAt": "2026-11-23T12:00:00Z"}
    reading = await read(played, payment("AUTHORIZED", authorized=PRICE), old)
    assert [e.word for e in reading.entries] == ["CREATED", "AUTHORIZED"]
    assert reading.entries[1].happened_at is not None


BAD: list[Any] = [
    b"",
    b"{",
    b"null",
    [],
    {},
    {**payment(), "reference": "another"},
    {**payment(), "reference": ORDER.upper()},
    {**payment(), "state": None},
    {**payment(), "state": 7},
    {k: v for k, v in payment().items() if k != "aggregate"},
    {**payment(), "aggregate": {}},
    {**payment(), "amount": 25000},
    *[
        {**payment(), "amount": {"currency": "NOK", "value": bad}}
        for bad in (-1, 1.5, True, None, "x", 10**10)
    ],
    {**payment(), "amount": {"value": 25000}},
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
async def test_a_payment_of_another_shape_is_an_unknown_outcome(played: Played, body: Any) -> None:
    says(played, body, [])
    with pytest.raises(OutcomeUnknown):
        await played.do("read")
    assert played.observed == [("read", "unknown")]


@pytest.mark.parametrize(
    "log",
    [
        b"",
        {},
        [None],
        [event("AUTHORIZED", success=None)],
        [event("AUTHORIZED", success="true")],
        [event("AUTHORIZED", amount=None)],
        [event("AUTHORIZED", reference="another")],
        [{k: v for k, v in event("X").items() if k != "name"}],
    ],
)
async def test_a_log_of_another_shape_is_an_unknown_outcome(played: Played, log: Any) -> None:
    says(played, payment("AUTHORIZED", authorized=PRICE), log)
    with pytest.raises(OutcomeUnknown):
        await played.do("read")


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
async def test_without_its_log_an_approved_payment_is_not_read(played: Played, status: int) -> None:
    found = payment("AUTHORIZED", authorized=PRICE)
    played.say = lambda r: answer({}, status) if r.url.path.endswith("/events") else answer(found)
    with pytest.raises(OutcomeUnknown):
        await played.do("read")


async def test_money_that_moves_between_the_two_calls_is_read_as_it_is_afterwards(played: Played) -> None:
    captured = {"authorized": PRICE, "captured": PRICE}
    sums = iter([payment("AUTHORIZED", **captured), payment("AUTHORIZED", **captured, refunded=PRICE)])
    log = [event("CREATED"), event("AUTHORIZED"), event("CAPTURED"), event("REFUNDED")]
    played.say = lambda r: answer(log if r.url.path.endswith("/events") else next(sums))
    reading = await played.do("read")
    verdict = fold(reading, order_id=ORDER, amount_ore=PRICE)
    assert isinstance(verdict, Folded)
    assert verdict.amounts.refunded_ore == PRICE
    assert len(played.requests) == 3


async def test_sums_that_stay_behind_are_asked_for_twice_and_then_left_unclear(played: Played) -> None:
    verdict = await folded(played, payment("AUTHORIZED"), event("AUTHORIZED"))
    assert isinstance(verdict, Unclear)
    assert len(played.requests) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
async def test_sums_that_are_refused_the_second_time_are_no_reading(played: Played, status: int) -> None:
    sums = iter([answer(payment("AUTHORIZED")), answer({}, status)])
    log = [event("CREATED"), event("AUTHORIZED")]
    played.say = lambda r: answer(log) if r.url.path.endswith("/events") else next(sums)
    with pytest.raises(OutcomeUnknown, match="of the sums"):
        await played.do("read")


async def test_only_vipps_own_words_make_no_such_payment(played: Played) -> None:
    unknown = {"status": 404, "title": "t", "extraDetails": [{"name": "ErrorCode", "reason": "5090"}]}
    played.says(unknown, 404)
    assert isinstance(await played.do("read"), NoSuchPayment)
    for body, status in (({"statusCode": 404}, 404), (unknown, 400), (b"<html>", 404)):
        played.says(body, status)
        with pytest.raises(OutcomeUnknown):
            await played.do("read")


async def test_an_answer_about_another_order_says_so(played: Played) -> None:
    played.says({**payment(), "reference": "another", "redirectUrl": "https://vipps.test"})
    for operation in OPERATIONS:
        with pytest.raises(OutcomeUnknown, match="another order"):
            await played.do(operation)
