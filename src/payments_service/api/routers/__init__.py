"""The resources, a module each."""

from payments_service.api.routers import attention, orders, paid_events, registrations, vipps_deliveries

ROUTERS = (
    paid_events.router,
    registrations.router,
    orders.router,
    attention.router,
    vipps_deliveries.router,
)
