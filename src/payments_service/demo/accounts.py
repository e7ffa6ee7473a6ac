"""The end of the story: does everybody have what they were told, and does the money agree with Vipps' ledger?"""

from __future__ import annotations

from typing import Any, Final

from payments_service.demo.cast import DINNER, TRIP, Cast

#: Who ends how: registration, seat at the backend, and the orders, newest first.
OUTCOMES: Final = {
    "Anna": ("paid", True, ["CAPTURE"]),
    "Bjørn": ("paid", True, ["CAPTURE"]),
    "Celine": ("expired", False, []),
    "David": ("expired", False, ["CANCEL"]),
    "Eva": ("paid", True, ["CAPTURE", "CANCEL"]),
    "Frida": ("paid", True, ["CAPTURE"]),
}
HEADINGS: Final = ("member", "event", "registration", "seat", "orders, newest first", "captured", "at Vipps")


def settle_accounts(cast: Cast) -> None:
    """Compare the service, the backend and Vipps, member by member and in sum."""
    telling = cast.telling
    in_ledger = {p["order_id"]: p["amounts"]["to_refund"] for p in cast.vipps.state()["payments"]}
    rows, total = [], 0
    for member in (*cast.at_dinner, cast.frida):
        event_id = TRIP if member is cast.frida else DINNER
        registration = cast.backend.registration(event_id, member.user_id)
        orders, has_seat = registration["orders"], cast.backend.has_seat(event_id, member.user_id)
        outcome = (registration["status"], has_seat, [order["status"] for order in orders])
        telling.check(
            "everybody",
            f"{member.name}: {outcome[0]}, {'a seat' if has_seat else 'no seat'}",
            expected=OUTCOMES[member.name],
            seen=outcome,
        )
        ours = sum(_ore(order["captured"]) - _ore(order["refunded"]) for order in orders)
        theirs = sum(in_ledger.pop(order["order_id"], 0) for order in orders)
        total += ours
        status = outcome[0], "yes" if has_seat else "no", ", ".join(outcome[2]) or "none"
        rows.append((member.name, event_id, *status, _kroner(ours), _kroner(theirs)))
        telling.check("Vipps", f"{member.name}'s money agrees", expected=theirs, seen=ours)
    telling.check("Vipps", "has no payment that we do not know", expected={}, seen=in_ledger)
    telling.check("Vipps", f"four seats are paid, {_kroner(total)} NOK in all", expected=4 * 25000, seen=total)
    telling.check(
        "referee", "no seat was taken from money, or from a way to pay", expected=[], seen=cast.vipps.violations()
    )
    telling.table(HEADINGS, rows)


def _ore(kroner: Any) -> int:
    whole, _, part = str(kroner).partition(".")
    return int(whole) * 100 + int(part)


def _kroner(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"


accounts: Final = [("The accounts", settle_accounts)]
