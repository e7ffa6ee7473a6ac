"""The resources, a module each."""

from payments_service.api.routers import (
    attention,
    events,
    grants,
    money,
    notices,
    orders,
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
    attention.router,
    notices.router,
    events.router,
    users.router,
    vipps_deliveries.router,
)
