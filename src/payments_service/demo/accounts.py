"""The end of the story: does everybody have what they were told, and does the money agree with Vipps' ledger?"""

from __future__ import annotations

from typing import Any, Final

from payments_service.demo.cast import DINNER, QUIZ, TRIP, Cast

#: Who ends how: registration, seat at the backend, and the orders, newest first.
OUTCOMES: Final = {
    "Anna": ("paid", "a seat", "CAPTURE"),
    "Bjørn": ("paid", "a seat", "CAPTURE"),
    "Celine": ("expired", "no seat", "none"),
    "David": ("expired", "no seat", "CANCEL"),
    "Eva": ("paid", "a seat", "CAPTURE, CANCEL"),
    "Frida": ("paid", "a seat", "CAPTURE"),
    "Hanna": ("ended", "no seat", "VOID"),
}
HEADINGS: Final = ("member", "event", "registration", "seat", "orders, newest first", "money", "at Vipps")


def settle_accounts(cast: Cast) -> None:
    """Compare the service, the backend and Vipps, member by member and in sum."""
    telling = cast.telling
    state = cast.vipps.state()
    in_ledger = {p["order_id"]: p["amounts"]["to_refund"] for p in state["payments"]}
    rows, total = list[tuple[str, ...]](), 0
    elsewhere = {cast.frida.name: TRIP, cast.hanna.name: QUIZ}
    for member in (*cast.at_dinner, cast.frida, cast.hanna):
        event_id = elsewhere.get(member.name, DINNER)
        registration = cast.backend.registration(event_id, member.user_id)
        orders, seat = registration["orders"], cast.seat(event_id, member)
        words = ", ".join(order["status"] for order in orders) or "none"
        ours = sum(_ore(order["captured"]) - _ore(order["refunded"]) for order in orders)
        theirs = sum(in_ledger.pop(order["order_id"], 0) for order in orders)
        total += ours
        row = (member.name, event_id, registration["status"], seat, words, _kroner(ours), _kroner(theirs))
        telling.check(
            member.name,
            f"{registration['status']}, {seat}, and Vipps agrees about {_kroner(ours)}",
            expected=(*OUTCOMES[member.name], row[-1]),
            seen=row[2:-1],
        )
        rows.append(row)
    telling.check("Vipps", "has no payment that we do not know", expected={}, seen=in_ledger)
    captures = [effect["amount"] for effect in state["effects"] if effect["operation"] == "CAPTURE"]
    telling.check("Vipps", "captured four times, never twice for one", expected=[25000] * 4, seen=captures)
    telling.check(
        "Vipps", f"four seats are paid, {_kroner(total)} NOK stay", expected=4 * 25000 - 10000, seen=total
    )
    telling.check(
        "referee",
        "no seat was taken from money, or from a way to pay",
        expected=[],
        seen=cast.vipps.violations(),
    )
    telling.table(HEADINGS, rows)


def _ore(kroner: Any) -> int:
    whole, _, part = str(kroner).partition(".")
    return int(whole) * 100 + int(part)


def _kroner(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"


accounts: Final = [("The accounts", settle_accounts)]
