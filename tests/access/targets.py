"""The targets of the table: one of each kind that matters to who may see it, made over the service's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.access.callers import GROUP, MEMBER, OTHER, OTHER_GROUP

if TYPE_CHECKING:
    from tests.access.world import World

#: The ids that stand in for the braces. Order ids are made by the service.
TARGETS: Final[dict[str, dict[str, str]]] = {
    # of the member, at an event of the group's
    "paid": {"event_id": "julebord", "registration_id": "r-paid", "user_id": MEMBER},
    "open": {"event_id": "hyttetur", "registration_id": "r-open", "user_id": MEMBER},
    # the event was made free: nobody arranges a paid event there any more
    "free": {"event_id": "gratis", "registration_id": "r-free", "user_id": MEMBER},
    # the event is gone at the backend, and the order has none any more
    "eventless": {"event_id": "borte", "registration_id": "r-gone", "user_id": MEMBER},
    # of a member who was erased, at the group's event
    "erased": {"event_id": "julebord", "registration_id": "r-erased", "user_id": "slettet"},
    # of the other member, at another group's event, without an order
    "settled": {"event_id": "kurs", "registration_id": "r-kari", "user_id": OTHER},
    # somebody who is not signed up for the group's event
    "newcomer": {"event_id": "julebord", "registration_id": "r-new", "user_id": "nykomling"},
    # the member, at an event nobody knows
    "noevent": {"event_id": "ukjent", "registration_id": "ukjent", "user_id": MEMBER},
    "unknown": {
        "event_id": "ukjent",
        "registration_id": "ukjent",
        "user_id": "ukjent",
        "order_id": "5b0f0000-0000-4000-8000-000000000000",
        "notice_id": "5b0f0000-0000-4000-8000-000000000000",
    },
    "-": {},
}
_WITH_ORDERS: Final = ("paid", "open", "eventless", "erased")


async def populate(world: World) -> None:
    """Sign everybody up, let those pay who have paid, and make what takes a neighbour's end or an erasure."""
    for event_id in ("julebord", "hyttetur", "borte", "gratis", "kurs"):
        organizer = OTHER_GROUP if event_id == "kurs" else GROUP
        body = {"price": "250.00", "paytime": "01:00:00", "organizer": organizer}
        await world.must("PUT", f"/v1/paid-events/{event_id}", body)
        world.simulator.backend.create_event(event_id)
    for name in ("paid", "open", "free", "eventless", "erased", "settled"):
        ids = TARGETS[name]
        await world.must("PUT", f"/v1/registrations/{ids['registration_id']}", _who(ids))
    for name in _WITH_ORDERS:
        order = await world.must("POST", "/v1/orders", _who(TARGETS[name]))
        world.ids[name] = {**TARGETS[name], "order_id": str(order["order_id"])}
    await world.pays(world.ids["paid"]["order_id"])
    await world.must("DELETE", "/v1/paid-events/gratis")
    for statement in _BEHIND_THE_SERVICES_BACK:
        await world.database.execute(statement)


def _who(ids: dict[str, str]) -> dict[str, str]:
    return {"event_id": ids["event_id"], "user_id": ids["user_id"]}


_BEHIND_THE_SERVICES_BACK: Final = (
    "UPDATE orders SET user_id = NULL WHERE user_id = 'slettet'",
    "UPDATE registrations SET user_id = NULL WHERE user_id = 'slettet'",
    "UPDATE orders SET event_id = NULL WHERE event_id = 'borte'",
    "DELETE FROM paid_events WHERE event_id = 'borte'",
)
