"""The table of remedies: total over everything Vipps is known to say."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import get_args

import pytest

from payments_service.vipps.error_bodies import ErrorCode, error_codes, trace_of
from payments_service.vipps.remedies import Operation, Remedy, name_of, remedy_for, retry_after_seconds

R, A, U = Remedy.REJECTED, Remedy.TRY_AGAIN, Remedy.UNKNOWN

# Every code of Vipps' own table, and the ones that older answers carry.
MEANT = {
    "Payment": {
        **dict.fromkeys(["41", "42", "43", "44", "45", "51", "52", "53", "61", "62"], R),
        **dict.fromkeys(["71", "72", "73", "74", "95", "96", "98", "1082", "1501"], R),
        "63": U,
        "93": U,
    },
    "VippsError": {"91": R, "92": U, "93": U, "94": A, "98": A, "99": U},
    "user": {"81": R, "82": R},
    "User": {"81": R, "82": R},
    "Customer": {"81": R, "82": R},
    "Merchant": {
        **dict.fromkeys(["31", "32", "33", "36", "37", "38", "39", "51", "97", "Unauthorized"], R),
        "34": U,
    },
    "InvalidRequest": {"transaction.amount": R, "mobileNumber": R},
    # ePayment's numbers
    "Problem": {
        **dict.fromkeys(["4040", "4050", "4060", "4070", "4080", "4090", "4100", "4110", "4120", "4130"], R),
        **dict.fromkeys(["4140", "4160", "5010", "5020", "5030", "5040", "5050", "5060", "5070", "5080"], R),
        **dict.fromkeys(["5100", "6010", "6020", "6030", "6040", "6050", "6060", "6070", "6080", "6090"], R),
        **dict.fromkeys(["6100", "6110", "6120", "6130", "6140", "6150", "6190", "6200", "6210", "6220"], R),
        **dict.fromkeys(["6260", "6280", "7010"], R),
        **dict.fromkeys(["6160", "6250"], A),
        **dict.fromkeys(["3010", "4010", "4020", "4150", "6170", "6180", "6230"], U),
    },
}
CODES = [(group, code, remedy) for group, codes in MEANT.items() for code, remedy in codes.items()]
WRITES: tuple[Operation, ...] = ("start", "capture", "cancel", "refund")
STATUSES = (400, 401, 402, 403, 404, 409)


@pytest.mark.parametrize(("group", "code", "remedy"), CODES)
def test_every_listed_code_has_its_remedy_with_any_4xx(group: str, code: str, remedy: Remedy) -> None:
    for operation, status, spelling in itertools.product(
        WRITES, STATUSES, (group, group.upper(), group.lower())
    ):
        assert remedy_for(operation, status, (ErrorCode(spelling, code),)) is remedy


@pytest.mark.parametrize(("group", "code", "remedy"), CODES)
def test_a_read_is_never_refused(group: str, code: str, remedy: Remedy) -> None:
    for status in (*STATUSES, 405, 415, 422, 500):
        assert remedy_for("read", status, (ErrorCode(group, code),)) in (A, U)


@pytest.mark.parametrize(
    ("group", "code", "statuses"), [("Merchant", "35", {402, 404}), ("Problem", "5090", {404})]
)
def test_only_these_statuses_make_an_unknown_order_of_a_read(
    group: str, code: str, statuses: set[int]
) -> None:
    unknown_order = (ErrorCode(group, code),)
    found = {
        status
        for status in range(100, 600)
        if remedy_for("read", status, unknown_order) is Remedy.NO_SUCH_PAYMENT
    }
    assert found == statuses
    assert remedy_for("read", 404) is U  # the gateway's own 404


@pytest.mark.parametrize(
    ("operation", "remedy"), [("start", U), ("capture", R), ("cancel", R), ("refund", R)]
)
@pytest.mark.parametrize(("group", "code"), [("Merchant", "35"), ("Problem", "5090")])
def test_an_order_not_found_while_writing(
    operation: Operation, remedy: Remedy, group: str, code: str
) -> None:
    assert remedy_for(operation, 404, (ErrorCode(group, code),)) is remedy


def test_every_status_has_a_remedy_and_no_5xx_is_ever_a_clear_no() -> None:
    for operation, status in itertools.product(get_args(Operation), range(100, 600)):
        remedy = remedy_for(operation, status)
        assert remedy in (R, A, U)
        if not 400 <= status < 500:
            assert remedy is U
            assert remedy_for(operation, status, (ErrorCode("Payment", "61"),)) is U


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, A),
        (403, R),
        (404, U),
        (408, U),
        (409, U),
        (423, A),
        (429, A),
        (400, R),
        (402, R),
        (405, R),
        (422, R),
    ],
)
def test_a_bare_status(status: int, remedy: Remedy) -> None:
    assert remedy_for("capture", status) is remedy
    assert remedy_for("capture", status, (ErrorCode("gateway", str(status)),)) is remedy


def test_of_several_codes_the_most_careful_counts() -> None:
    codes = (ErrorCode("Payment", "61"), ErrorCode("VippsError", "92"), ErrorCode("New", "1"))
    assert remedy_for("capture", 400, codes) is U
    assert name_of(400, codes) == "Payment/61"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'[{"errorGroup":"Payment","errorCode":"44","errorMessage":"m","contextId":"c"}]', "Payment/44"),
        (b'{"errorGroup":"Payment","errorCode":44}', "Payment/44"),
        (b'{"statusCode":401,"message":"Access denied"}', "http/400"),
        (b'{"responseInfo":{"responseCode":401,"responseMessage":"x"},"result":{"message":"y"}}', "http/400"),
        (b'{"responseInfo":{"responseCode":"1000","responseMessage":"x"}}', "http/400"),
        (b'{"ResponseInfo":{"ResponseMessage":"x"}}', "http/400"),
        (b'{"status":400,"extraDetails":[{"name":"ErrorCode","reason":"6080"}]}', "Problem/6080"),
        (b'{"status":400,"extraDetails":[{"name":"amount","reason":"x"}]}', "http/400"),
        (b'{"error":"invalid_client"}', "http/400"),
        (b'["one","two"]', "http/400"),
        (b"<html>Bad gateway</html>", "http/400"),
        (b"", "http/400"),
        (b"[" * 5000, "http/400"),
        (b'[{"errorCode":NaN}]', "http/400"),
        (b'[{"errorCode":' + b"9" * 5000 + b"}]", "http/400"),
        (b'[{"errorGroup":"Pay\\nment\\ud800","errorCode":"4\\u00004"}]', "Pay?ment?/4?4"),
        (b'[{"errorGroup":null,"errorCode":{}}, null, 3, [[]]]', "http/400"),
    ],
)
def test_every_error_body_is_read_down_to_its_code(body: bytes, name: str) -> None:
    assert name_of(400, error_codes(body)) == name


@pytest.mark.parametrize(
    ("body", "trace"),
    [
        (
            b'[{"errorCode":"44","contextId":"c53ae5e0-6c5a-4f4e-8a3e-1f1c0f0f0f0f"}]',
            "c53ae5e0-6c5a-4f4e-8a3e-1f1c0f0f0f0f",
        ),
        (b'{"status":400,"traceId":"7ae0f3a5c2f94e0f8b1d2c3d4e5f6a7b"}', "7ae0f3a5c2f94e0f8b1d2c3d4e5f6a7b"),
        (b'{"traceId":"12345678\\n forged line"}', None),
        (b'{"traceId":"' + b"a" * 65 + b'"}', None),
        (b'{"traceId":12345678}', None),
        (b'{"errorCode":"44"}', None),
        (b"[]", None),
        (b'["one"]', None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_the_name_for_vipps_support_is_found_and_junk_is_not(body: bytes, trace: str | None) -> None:
    assert trace_of(body) == trace


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("999999999999", 3600),
        ("", None),
        (None, None),
        ("-1", None),
        ("soon", None),
    ],
)
def test_retry_after_in_seconds(text: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(text) == seconds


def test_retry_after_as_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert retry_after_seconds(format_datetime(soon, usegmt=True)) == pytest.approx(30, abs=2)
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
