"""The resources, a module each."""

from payments_service.api.routers import (
    attention,
    grants,
    money,
    notices,
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
    notices.router,
    vipps_deliveries.router,
)
