"""The resources, a module each."""

from payments_service.api.routers import (
    attention,
    grants,
    money,
    orders,
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
    attention.router,
    vipps_deliveries.router,
)
