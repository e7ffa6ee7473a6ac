"""The requests of documents run against the real application, beside the simulator."""

from __future__ import annotations

from tests.api.conftest import api, app, simulator

__all__ = ["api", "app", "simulator"]
