"""What leaves us: headers, bodies, and what is refused before it leaves."""

from __future__ import annotations

import pytest

from payments_service.vipps import callback_token
from payments_service.vipps.port import NewPayment
from payments_service.vipps.text import cut_text, national_number
from tests.vipps.played import CALLBACK_SECRET, KEYS, OPERATIONS, ORDER, PAYMENT, Played, details

LINK = {"orderId": ORDER, "url": "https://api.vipps.no/dwo?token=abc"}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_call_carries_keys_token_and_our_name(played: Played, operation: str) -> None:
    played.says({**details(), **LINK})
    await played.do(operation)
    headers = played.requests[-1].headers
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["Ocp-Apim-Subscription-Key"] == KEYS["subscription_key"]
    assert headers["Merchant-Serial-Number"] == "654321"
    ours = [value for name, value in headers.items() if name.startswith("vipps-system-")]
    assert len(ours) == 4
    assert all(0 < len(value) <= 30 for value in ours)
    assert "client_secret" not in headers
    assert played.token_requests[-1].headers["client_secret"] == KEYS["client_secret"]


async def test_a_start_says_everything_as_vipps_spells_it(played: Played) -> None:
    played.says(LINK)
    assert await played.do("start") == LINK["url"]
    assert played.requests[-1].url.path == "/ecomm/v2/payments"
    assert played.sent == {
        "customerInfo": {"mobileNumber": "91234567"},
        "merchantInfo": {
            "merchantSerialNumber": "654321",
            "callbackPrefix": "https://pay.test/vipps",
            "fallBack": "https://shop.test/back",
            "authToken": callback_token.make(CALLBACK_SECRET, "654321", ORDER),
            "isApp": False,
            "paymentType": "eComm Regular Payment",
        },
        "transaction": {
            "orderId": ORDER,
            "amount": 25000,
            "transactionText": "Julebord",
            "skipLandingPage": False,
        },
    }


@pytest.mark.parametrize("operation", ["capture", "cancel", "refund"])
async def test_an_operation_carries_its_key_and_an_explicit_amount(played: Played, operation: str) -> None:
    played.says({"orderId": ORDER})
    await played.do(operation)
    request = played.requests[-1]
    assert request.url.path == f"/ecomm/v2/payments/{ORDER}/{operation}"
    assert request.method == ("PUT" if operation == "cancel" else "POST")
    assert request.headers["X-Request-Id"] == ORDER + ("-x1" if operation == "cancel" else "-r1")
    assert played.sent["merchantInfo"] == {"merchantSerialNumber": "654321"}
    assert played.sent["transaction"].get("amount") == (None if operation == "cancel" else 25000)


@pytest.mark.parametrize("amount", [0, -1, True, 1.0])
async def test_an_amount_that_vipps_would_read_as_everything_never_leaves(
    played: Played, amount: int
) -> None:
    for act in (played.api.capture, played.api.refund):
        with pytest.raises(ValueError, match="above 0"):
            await act(ORDER, amount_ore=amount, key="k", text="x", timeout=1)
    with pytest.raises(ValueError, match="above 0"):
        await played.api.start(NewPayment(ORDER, amount, "x", "https://shop.test"), timeout=1)
    assert not played.requests


@pytest.mark.parametrize("key", ["", "k" * 41])
async def test_a_key_that_vipps_would_refuse_never_leaves(played: Played, key: str) -> None:
    with pytest.raises(ValueError, match="40"):
        await played.api.refund(ORDER, amount_ore=1, key=key, text="x", timeout=1)
    assert not played.requests


@pytest.mark.parametrize("number", ["91234567", "4791234567", "+4791234567"])
def test_a_phone_number_becomes_eight_digits(number: str) -> None:
    assert national_number(number) == "91234567"


@pytest.mark.parametrize(
    "number", ["", "9123456", "912345678", "004791234567", "+4691234567", "٩١٢٣٤٥٦٧", "91234567\n"]
)
def test_another_phone_number_is_none(number: str) -> None:
    assert national_number(number) is None


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Julebord", "Julebord"),
        ("a" * 101, "a" * 100),
        ("a" * 99 + "e\u0301", "a" * 99),
        ("a" * 99 + "\N{PARTY POPPER}", "a" * 99),
        ("a" * 97 + "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}", "a" * 97),
        ("a" * 98 + "\N{THUMBS UP SIGN}\U0001f3fd", "a" * 98),
        ("a\x00b\nc", "a b c"),
        ("\ud800", "\ufffd"),
        ("", "Betaling"),
        ("\u0301" * 200, "Betaling"),
    ],
)
def test_a_text_is_cut_between_characters(text: str, cut: str) -> None:
    assert cut_text(text) == cut
    assert len(cut_text(text).encode("utf-16-le")) <= 200


def test_a_callback_token_opens_its_own_order_only() -> None:
    made = callback_token.make("secret", "654321", ORDER)
    assert len(made) == 43
    assert callback_token.matches("secret", "654321", ORDER, made)
    assert callback_token.matches("secret", "654321", ORDER, made.encode())
    others = [("other", "654321", ORDER), ("secret", "654322", ORDER), ("secret", "654321", ORDER[:-1])]
    assert not any(callback_token.matches(*other, made) for other in others)


@pytest.mark.parametrize("presented", ["", "å", "\ud800", b"\xff\x00", "a" * 43, "a" * 10_000])
def test_a_strange_token_is_refused_without_a_fuss(presented: str | bytes) -> None:
    assert not callback_token.matches("secret", "654321", ORDER, presented)


def test_without_a_secret_no_token_is_made_or_accepted() -> None:
    with pytest.raises(ValueError, match="secret"):
        callback_token.make("", "654321", ORDER)
    assert not callback_token.matches("", "654321", ORDER, "")


async def test_a_payment_without_a_phone_number_leaves_it_out(played: Played) -> None:
    played.says(LINK)
    new = NewPayment(ORDER, 100, PAYMENT.text, PAYMENT.return_url)
    await played.api.start(new, timeout=5)
    assert played.sent["customerInfo"] == {}
