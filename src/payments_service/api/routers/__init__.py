"""The resources, a module each."""

from payments_service.api.routers import (
    attention,
    event_extensions,
    events,
    grants,
    money,
    notices,
    orders,
    organisers,
    paid_events,
    registrations,
    users,
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
    notices.router,
    events.router,
    users.router,
    vipps_deliveries.router,
)
