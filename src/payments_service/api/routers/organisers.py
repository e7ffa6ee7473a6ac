"""What an event's organisers and the treasurer see of it: its orders, as a list and for a spreadsheet, and its sums."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Final

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Row

from payments_service.api.event_access import OrganisedEvent
from payments_service.api.fields import InstantOut, Kroner, Output
from payments_service.api.routers.orders import order_page
from payments_service.api.schemas import EventOrderQuery, OrderPage
from payments_service.api.serving import services_of
from payments_service.api.spreadsheet import BYTE_ORDER_MARK, amount, as_csv, defused
from payments_service.api.strict_json import router as new_router
from payments_service.domain.money import CURRENCY
from payments_service.domain.orders import OrderStatus
from payments_service.domain.registrations import RegistrationStatus
from payments_service.storage import event_books
from payments_service.storage.event_books import Books
from payments_service.wiring import Services

router = new_router(prefix="/v1/paid-events", tag="Organisers")

# Norwegian for everybody: the file is made for Norwegian spreadsheets, and what is built upon its columns must not
# break because a colleague's browser speaks English. `docs/organisers.md` says what each means.
HEADINGS: Final = (
    "Ordre-ID",
    "Medlem",
    "Påmelding",
    "Status",
    "Årsak",
    "Betalt",
    "Beløp",
    "Trukket",
    "Refundert",
    "Netto",
    "Valuta",
    "Betalingsfrist",
    "Opprettet",
    "Oppdatert",
    "Vipps-API",
)
_IN_MEMORY: Final = 4 * 1024 * 1024  # some twenty thousand orders; more go through a file that has no name
_CHUNK: Final = 64 * 1024
_CSV: Final = "A line of headings, then a line an order"


class DebtOut(Output):
    registration_id: str
    user_id: str | None
    payment_expiredate: InstantOut


class SummaryOut(Output):
    """An event in figures. `unpaid`: the thousand with the earliest deadlines, at most."""

    event_id: str
    currency: str = CURRENCY
    captured: Kroner
    refunded: Kroner
    net: Kroner
    orders: dict[OrderStatus, int]
    registrations: dict[RegistrationStatus, int]
    unpaid: list[DebtOut]

    @classmethod
    def of(cls, event_id: str, books: Books) -> SummaryOut:
        return cls(
            event_id=event_id,
            captured=books.captured_ore,
            refunded=books.refunded_ore,
            net=books.captured_ore - books.refunded_ore,
            orders=dict(books.orders),
            registrations=dict(books.registrations),
            unpaid=[
                DebtOut(
                    registration_id=debt.registration_id,
                    user_id=debt.user_id,
                    payment_expiredate=debt.payment_expiredate,
                )
                for debt in books.unpaid
            ],
        )


@router.get("/{event_id}/orders")
async def list_event_orders(
    request: Request, event: OrganisedEvent, wanted: Annotated[EventOrderQuery, Query()]
) -> OrderPage:
    """List an event's orders, newest first."""
    return await order_page(services_of(request), wanted, event_id=event.event_id)


@router.get(
    "/{event_id}/orders.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": _CSV}},
)
async def export_event_orders(request: Request, event: OrganisedEvent) -> StreamingResponse:
    """Return all orders of an event for a spreadsheet, newest first, as they were at one instant."""
    file = await _written(services_of(request), event.event_id)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", event.event_id)
    return StreamingResponse(
        _chunks(file),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="betalinger-{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/{event_id}/summary")
async def get_event_summary(request: Request, event: OrganisedEvent) -> SummaryOut:
    """Return an event's sums and counts and who still owes, all of one instant."""
    async with services_of(request).database.snapshot() as connection:
        return SummaryOut.of(event.event_id, await event_books.of_event(connection, event.event_id))


async def _written(services: Services, event_id: str) -> IO[bytes]:
    """Write the whole file before any of it is sent.

    So a slow reader keeps no transaction open, and a failure half-way is an answer and not a file that looks whole.
    """
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by whoever sends it
    try:
        file.write(BYTE_ORDER_MARK + as_csv([HEADINGS]))
        async with services.database.snapshot() as connection:
            async for page in event_books.lines(connection, event_id):
                file.write(as_csv(_cells(row) for row in page))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _cells(row: Row[Any]) -> tuple[str, ...]:
    """One order, in the order of HEADINGS. Amounts and times are ours; everything else is somebody's words."""
    return (
        row.order_id,
        defused(row.user_id),
        defused(row.registration_id),
        row.status,
        row.status_reason or "",
        "ja" if row.is_paid else "nei",
        amount(row.amount_ore),
        amount(row.captured_ore),
        amount(row.refunded_ore),
        amount(row.captured_ore - row.refunded_ore),
        CURRENCY,
        row.payment_expiredate or "",
        row.created_at,
        row.updated_at,
        row.vipps_api,
    )
