"""What a router needs of the process it runs in."""

from __future__ import annotations

from fastapi import Request

from payments_service.wiring import Services


def services_of(request: Request) -> Services:
    """Return the parts of the service that this app was made with."""
    services: Services = request.app.state.services
    return services
