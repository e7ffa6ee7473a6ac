"""The resources, a module each."""

from payments_service.api.routers import (
    attention,
    event_extensions,
    grants,
    money,
    orders,
    organisers,
    paid_events,
    registrations,
    vipps_deliveries,
)

ROUTERS = (
    paid_events.router,
    registrations.router,
    grants.router,
    orders.router,
    money.router,
    organisers.router,
    event_extensions.router,
    attention.router,
    vipps_deliveries.router,
)
