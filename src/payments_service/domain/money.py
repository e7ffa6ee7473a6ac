"""Money: whole øre, never a float. The API's strings in kroner are made and read at the edge."""

from __future__ import annotations

from typing import Final

CURRENCY: Final = "NOK"
PRICE_MIN_ORE: Final = 100  # Vipps' own minimum
PRICE_MAX_ORE: Final = 999_999


def kroner(ore: int) -> str:
    """Write øre as kroner with two decimals: 25000 -> "250.00"."""
    sign, rest = ("-", -ore) if ore < 0 else ("", ore)
    return f"{sign}{rest // 100}.{rest % 100:02d}"
