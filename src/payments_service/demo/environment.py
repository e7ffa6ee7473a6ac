"""The environment of a service that stands beside a simulator on this machine. Every secret here is a pretended one."""

from __future__ import annotations

import os
from typing import Final

from payments_service.simulator.backend_notices import PATH as NOTICES
from payments_service.simulator.config import SimulatorConfig

SERVICE_KEY: Final = "local-backend-key-that-opens-nothing-else"


def environment(
    *,
    database_url: str,
    service_port: int,
    simulator_origin: str,
    simulator: SimulatorConfig | None = None,
    **more: str,
) -> dict[str, str]:
    """Return all variables for `serve`; `more` adds to or replaces them by their names."""
    config = simulator or SimulatorConfig()
    unit = config.sales_units[0]
    inherited = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
        if name in os.environ
    }
    return {
        **inherited,
        "DATABASE_URL": database_url,
        "HOST": "127.0.0.1",
        "PORT": str(service_port),
        "PUBLIC_URL": f"http://127.0.0.1:{service_port}",
        "SERVICE_API_KEYS": f"backend:{SERVICE_KEY}",
        "VIPPS_BASE_URL": simulator_origin,
        "VIPPS_CLIENT_ID": unit.client_id,
        "VIPPS_CLIENT_SECRET": unit.client_secret,
        "VIPPS_SUBSCRIPTION_KEY": unit.subscription_keys[0],
        "VIPPS_MERCHANT_SERIAL_NUMBER": unit.merchant_serial_number,
        "VIPPS_CALLBACK_SECRET": "local-callback-secret-that-signs-nothing-else",
        "RETURN_URL": f"http://127.0.0.1:{service_port}/health/live?order={{order_id}}",
        "EVENT_SERVICE_URL": f"{simulator_origin}/backend",
        "EVENT_SERVICE_TOKEN": config.backend_token,
        "EVENT_SERVICE_TOKEN_HEADER": config.backend_token_header,
        "EVENT_WEBHOOK_URL": f"{simulator_origin}{NOTICES}",
        "EVENT_WEBHOOK_SECRET": config.notice_secrets[0],
        **more,
    }
