"""The use cases' world, for orders that come from Lepton."""

from tests.journeys.conftest import own_stack
from tests.use_cases.conftest import seated, shared_url, world

__all__ = ["own_stack", "seated", "shared_url", "world"]
