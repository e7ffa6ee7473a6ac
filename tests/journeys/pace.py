"""How fast time goes in journeys, and how soon the contract says that things happen."""

from __future__ import annotations

from typing import Final

CHECKOUT_SECONDS: Final = 4
SWEEP_SECONDS: Final = 1
LEASE_SECONDS: Final = 4
#: A checkout nobody has to wait for the end of.
LONG_CHECKOUT_SECONDS: Final = 60

# Allowed by the contract, on top of the instant that each begins at.
#: A delivery is settled, after its 200.
SETTLED_WITHIN: Final = 3
#: An approval is seen whose callback was lost.
SEEN_WITHIN: Final = 10
#: A seat without an open order is released, after its deadline.
DUE_WITHIN: Final = 2 * SWEEP_SECONDS + 5
#: A seat with open orders is released, after the last of them is over at Vipps.
CLOSED_WITHIN: Final = 2 * SWEEP_SECONDS + 15
#: Work moves again, after a neighbour does.
MOVES_AGAIN_WITHIN: Final = 15

USUAL: Final[dict[str, object]] = {
    "SWEEP_SECONDS": SWEEP_SECONDS,
    "LEASE_SECONDS": LEASE_SECONDS,
    "PULL_SECONDS": 0,
    "VIPPS_TIMEOUT_SECONDS": 2,
    "EVENT_SERVICE_TIMEOUT_SECONDS": 2,
}
#: For journeys that kill: work is taken over soon. A lease must be longer than any one call.
MORTAL_LEASE_SECONDS: Final = 2
MORTAL: Final[dict[str, object]] = {
    "LEASE_SECONDS": MORTAL_LEASE_SECONDS,
    "VIPPS_TIMEOUT_SECONDS": 1.5,
    "EVENT_SERVICE_TIMEOUT_SECONDS": 1.5,
}
#: The work of a dead process is taken over.
TAKEN_OVER_WITHIN: Final = MORTAL_LEASE_SECONDS + 2 * SWEEP_SECONDS
