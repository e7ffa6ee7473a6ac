"""The HTTP clients of everybody on stage, and answers that must be there for the story to go on."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Final

import httpx

from payments_service.demo.telling import WentWrong

PATIENCE_SECONDS: Final = 15


class Connections(ExitStack):
    """The HTTP clients of everybody on stage, closed together."""

    def client(self, base_url: str = "", **headers: str) -> httpx.Client:
        """Make a client that goes by no proxy: everything here is on this machine."""
        made = httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        return self.enter_context(made)

    def to_service(self, origin: str, credential: str) -> httpx.Client:
        """Make a client of the service for the holder of a service key or a token."""
        return self.client(origin, Authorization=f"Bearer {credential}")


def answered(response: httpx.Response, *statuses: int) -> Any:
    """Return the body of an answer with one of these statuses; anything else ends the story."""
    if response.status_code not in statuses:
        asked = f"{response.request.method} {response.request.url}"
        wanted = " or ".join(str(status) for status in statuses)
        raise WentWrong(f"{wanted} to {asked}", f"{response.status_code} {response.text[:300]}")
    return response.json() if response.content else None


def answered_text(response: httpx.Response) -> str:
    """Return the text of a page that must be there."""
    if response.status_code != 200:
        raise WentWrong(f"200 to GET {response.request.url}", response.status_code)
    return response.text
