"""The stacks of the journeys, for commands that look at what a journey has left."""

from tests.journeys.conftest import own_stack, vipps_api

__all__ = ["own_stack", "vipps_api"]
