"""The end of a round: does everybody have what they were told, and does the money agree with Vipps' ledger?"""

from __future__ import annotations

from typing import Any, Final

from payments_service.demo.actors import Member
from payments_service.demo.cast import Cast

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
    telling, title = cast.telling, cast.api.title
    state = cast.vipps.state()
    in_ledger = {
        p["order_id"]: p["amounts"]["to_refund"] for p in state["payments"] if p["api"] == cast.api.name
    }
    captures = [
        effect["amount"]
        for effect in state["effects"]
        if effect["operation"] == "CAPTURE" and effect["order_id"] in in_ledger
    ]
    rows, orders, total = list[tuple[str, ...]](), list[Any](), 0
    for member, event_id in cast.everybody:
        registration = cast.backend.registration(event_id, member.user_id)
        orders += registration["orders"]
        row = _row(cast, member, registration, in_ledger)
        rows.append(row)
        total += ore(row[-2])
        telling.check(
            member.name,
            f"{row[2]}, {row[3]}, and Vipps agrees about {row[-2]}",
            expected=(*OUTCOMES[member.name], row[-1]),
            seen=row[2:-1],
        )
    telling.check("Vipps", f"has no {title} payment that we do not know", expected={}, seen=in_ledger)
    telling.check("Vipps", "captured four times, never twice for one", expected=[25000] * 4, seen=captures)
    telling.check(
        "Vipps", f"four seats are paid, {kroner(total)} NOK stay", expected=4 * 25000 - 10000, seen=total
    )
    cast.check_ways(orders, cast.api, f"was called by {title} alone, and answered with {cast.api.delivery}s")
    cast.check_referee()
    telling.table(HEADINGS, rows)


def _row(cast: Cast, member: Member, registration: Any, in_ledger: dict[str, int]) -> tuple[str, ...]:
    """Return a member's line, and strike their payments off the ledger."""
    orders, event_id = registration["orders"], registration["event_id"]
    words = ", ".join(order["status"] for order in orders) or "none"
    ours = sum(ore(order["captured"]) - ore(order["refunded"]) for order in orders)
    theirs = sum(in_ledger.pop(order["order_id"], 0) for order in orders)
    seat = cast.seat(event_id, member)
    return (member.name, event_id, registration["status"], seat, words, kroner(ours), kroner(theirs))


def ore(amount: Any) -> int:
    """Read kroner as the service writes them."""
    whole, _, part = str(amount).partition(".")
    return int(whole) * 100 + int(part)


def kroner(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"


accounts: Final = [("The accounts", settle_accounts)]
