"""What comes back: good answers are read, everything else ends in an error named by its remedy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from payments_service.domain.readings import NoSuchPayment, Reading, Totals
from payments_service.vipps.errors import OutcomeUnknown
from tests.vipps.played import OPERATIONS, ORDER, Played, details, refusal

SUMMARY = {"capturedAmount": 0, "remainingAmountToCapture": 25000, "refundedAmount": 0}


def _entry(operation: Any, at: str | None = None, **fields: Any) -> dict[str, Any]:
    entry = {"operation": operation, "amount": 25000, "operationSuccess": True, **fields}
    return entry if at is None else {**entry, "timeStamp": at}


def _log(*newest_first: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return details(transactionLogHistory=list(newest_first), **fields)


async def _read(played: Played, body: Any) -> Reading:
    played.says(body)
    found = await played.do("read")
    assert isinstance(found, Reading)
    return found


async def test_entries_come_out_oldest_first(played: Played) -> None:
    plain = await _read(played, _log(_entry("RESERVE"), _entry("INITIATE")))
    assert [entry.word for entry in plain.entries] == ["INITIATE", "RESERVE"]
    late = _entry("RESERVE", "2026-11-23T14:00:01.5Z")
    early = _entry("INITIATE", "2026-11-23T15:00:00+01:00")
    for log in ((late, early), (early, late)):
        found = await _read(played, _log(*log))
        assert [entry.word for entry in found.entries] == ["INITIATE", "RESERVE"]
    same = "2026-11-23T14:00:00Z"
    tied = await _read(played, _log(_entry("CAPTURE", same), _entry("RESERVE", same)))
    assert [entry.word for entry in tied.entries] == ["RESERVE", "CAPTURE"]


@pytest.mark.parametrize("at", ["2026-11-23T14:00:00", "2026-11-23T14:00:00Z", "2026-11-23T15:00:00+01:00"])
async def test_instants_are_utc(played: Played, at: str) -> None:
    [entry] = (await _read(played, _log(_entry("INITIATE", at)))).entries
    assert entry.happened_at == datetime(2026, 11, 23, 14, tzinfo=UTC)


@pytest.mark.parametrize("at", ["", "yesterday", 7, None, "0001-01-01T00:00:00+01:00"])
async def test_an_unreadable_instant_is_none(played: Played, at: Any) -> None:
    [entry] = (await _read(played, _log(_entry("INITIATE", timeStamp=at)))).entries
    assert entry.happened_at is None


async def test_sums_are_taken_when_complete_and_may_be_strings(played: Played) -> None:
    totals = Totals(captured_ore=0, held_ore=25000, refunded_ore=0)
    strings = {name: str(amount) for name, amount in SUMMARY.items()}
    for summary in (SUMMARY, strings, {**SUMMARY, "bankIdentificationNumber": 540185}):
        assert (await _read(played, details(transactionSummary=summary))).totals == totals
    for name in SUMMARY:
        partial = {key: amount for key, amount in SUMMARY.items() if key != name}
        assert (await _read(played, details(transactionSummary=partial))).totals is None
    assert (await _read(played, details(transactionSummary=None))).totals is None


async def test_odd_words_are_made_harmless_and_stay_unknown(played: Played) -> None:
    found = await _read(played, _log(_entry("CAN\x00CEL\ud800" + "x" * 90, requestId="a b")))
    assert found.entries[0].word == ("CAN?CEL?" + "x" * 90)[:40]
    assert found.entries[0].request_id == ""


BAD_DETAILS: list[Any] = [
    b"",
    b"{",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    ["one", "two"],
    b"[" * 100_000,
    b'{"orderId":' + b"9" * 6000 + b"}",
    json.dumps(details()).encode()[:-20],
    {},
    {"orderId": ORDER},
    details(transactionLogHistory=None),
    details(transactionLogHistory={}),
    details(orderId=None),
    details(orderId=ORDER.upper()),
    details(orderId="another"),
    details(transactionSummary=[]),
    b'{"orderId":"%s","orderId":"%s","transactionLogHistory":[]}' % (ORDER.encode(), ORDER.encode()),
    *[
        _log(_entry("RESERVE", amount=bad))
        for bad in (-1, 1.0, 1.5, True, None, "", "1.0", "-1", " 1", 10**10, "9" * 11)
    ],
    *[_log(_entry("RESERVE", amount=float(bad))) for bad in ("nan", "inf")],
    *[_log(_entry("RESERVE", operationSuccess=bad)) for bad in (None, "true", 1)],
    *[_log(_entry(bad)) for bad in (None, "", 7)],
    _log({"operation": "RESERVE", "amount": 1}),
    _log({"operation": "RESERVE", "operationSuccess": True}),
    *[
        details(transactionSummary={**SUMMARY, "capturedAmount": bad})
        for bad in (-1, 1.5, True, "x", 10**400)
    ],
]


@pytest.mark.parametrize("body", BAD_DETAILS, ids=range(len(BAD_DETAILS)))
async def test_details_of_another_shape_are_an_unknown_outcome(played: Played, body: Any) -> None:
    played.says(body)
    with pytest.raises(OutcomeUnknown):
        await played.do("read")
    assert played.observed == [("read", "unknown")]


async def test_an_answer_about_another_order_says_so(played: Played) -> None:
    played.says({**details(orderId="another"), "url": "https://vipps.test"})
    for operation in OPERATIONS:
        with pytest.raises(OutcomeUnknown, match="another order"):
            await played.do(operation)


@pytest.mark.parametrize("status", [402, 404])
async def test_only_vipps_own_words_make_no_such_payment(played: Played, status: int) -> None:
    played.say = lambda _: refusal("Merchant", "35", status)
    assert isinstance(await played.do("read"), NoSuchPayment)
    played.says({"statusCode": status, "message": "Resource not found"}, status)
    with pytest.raises(OutcomeUnknown):
        await played.do("read")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vipps.no/dwo?token=a",
        "https://[::1]:8443/x",
        "http://127.0.0.1:8090/x",
        "http://localhost/x",
    ],
)
async def test_a_link_that_may_be_opened_is_handed_on_unchanged(played: Played, url: str) -> None:
    played.says({"orderId": ORDER, "url": url})
    assert await played.do("start") == url


@pytest.mark.parametrize(
    "url",
    [
        "", "http://api.vipps.no/", "vipps://?token=a", "javascript:alert(1)", "//api.vipps.no", "https://",
        "https://a@b.test/", "https:\\\\a.test", "https://a.test/ b", "https://a.test/\r\nX: y", "https://å.test",
        "https://a.test:x/", "https://[", "http://localhost.evil.test/", "https://a.test/" + "x" * 9000, None, 7,
    ],
)  # fmt: skip
async def test_a_link_that_may_not_be_opened_is_an_unknown_outcome(played: Played, url: Any) -> None:
    played.says({"orderId": ORDER, "url": url})
    with pytest.raises(OutcomeUnknown):
        await played.do("start")


@pytest.mark.parametrize(
    ("operation", "word"),
    [("capture", "Captured"), ("capture", "Capture"), ("cancel", "Cancelled"), ("refund", "Refund")],
)
async def test_a_done_operation_says_so_in_either_place(played: Played, operation: str, word: str) -> None:
    for place in ("transactionInfo", "transaction"):
        body = {"orderId": ORDER, place: {"status": word, "amount": "25000"}, "new": {"field": 1}}
        played.says(body)
        await played.do(operation)
    assert played.observed == [(operation, "ok")] * 2


@pytest.mark.parametrize("operation", ["capture", "cancel", "refund"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (["done"], 200),
        ({}, 200),
        ({"orderId": ORDER}, 202),
        ({"orderId": ORDER}, 204),
        ({"orderId": ORDER, "transactionInfo": {"status": "Initiated"}}, 200),
        ({"orderId": ORDER, "transactionInfo": "Captured"}, 200),
    ],
)
async def test_a_yes_that_is_none_is_an_unknown_outcome(
    played: Played, operation: str, body: Any, status: int
) -> None:
    played.says(body, status)
    with pytest.raises(OutcomeUnknown):
        await played.do(operation)
