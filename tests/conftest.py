"""What holds for every test: there is no network but this machine, and PostgreSQL is a fixture away."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

pytest_plugins = ["tests.postgres"]

# Started in the background by a script, a run inherits that Ctrl-C is ignored, and so would every process that a test
# starts in order to interrupt it.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

_GUARDED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
_guard_is_on = False


class NetworkIsOff(RuntimeError):
    """A test reached for a machine other than this one. Not an OSError: no retry may swallow it."""


def _known_hosts() -> frozenset[str]:
    """Return the names and addresses a test may reach: ours, and a database server given for the run."""
    given = urlsplit(os.environ.get("TEST_DATABASE_URL", "")).hostname
    addresses = {str(found[4][0]) for found in socket.getaddrinfo(given, None)} if given else set()
    return frozenset({"localhost", "", *([given] if given else []), *addresses})


_KNOWN_HOSTS = _known_hosts()


def _is_allowed(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in _KNOWN_HOSTS:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    """Look at every connection Python's sockets are about to make, whichever library asks."""
    if not _guard_is_on or event not in _GUARDED:
        return
    host: object
    if event.startswith("socket.get"):
        host = arguments[0]
    elif isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:  # a Unix socket, or a datagram on a connected one
        return
    if not _is_allowed(host):
        raise NetworkIsOff(f"no network in tests: {event} {host!r}")


sys.addaudithook(_refuse_other_machines)  # cannot be taken off again, hence the switch


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    global _guard_is_on  # noqa: PLW0603 - the hook outlives every fixture
    _guard_is_on = True
    yield
    _guard_is_on = False
