"""Every journey is made over both of Vipps' payment APIs, unless it is about something that only one of them has."""

from __future__ import annotations

from typing import Final

import pytest

from payments_service.domain.orders import VippsApi

BOTH: Final[tuple[VippsApi, ...]] = ("ecom", "epayment")
#: How each names the key of an operation.
KEY_HEADER: Final[dict[VippsApi, str]] = {"ecom": "x-request-id", "epayment": "idempotency-key"}


def only(api: VippsApi) -> pytest.MarkDecorator:
    """Make a journey over one API."""
    return pytest.mark.parametrize("vipps_api", [api], indirect=True, scope="session")
