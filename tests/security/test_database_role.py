"""The service under the role of docs/security.md, which owns nothing: all of it works, and what must stay stays."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from payments_service.storage.tables import metadata
from tests.access.callers import OTHER, headers_of
from tests.access.world import World, open_world
from tests.postgres import ROOT, Server, fresh_database

PAGE: Final = (ROOT / "docs/security.md").read_text(encoding="utf-8")
GRANTS: Final = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]
STORAGE: Final = ROOT / "src/payments_service/storage"
#: What accounts, evidence and operators rely on.
MUST_STAY: Final = ("orders", "operations", "history", "registrations")


@dataclass(frozen=True, slots=True)
class Role:
    """The owner's and the role's way into one database."""

    owner_url: str
    url: str


@pytest.fixture(scope="module")
def role(postgres_server: Server) -> Iterator[Role]:
    """Roles belong to a whole server, which others are testing on, so this one has a name of its own."""
    name, password = f"payments_app_{secrets.token_hex(4)}", secrets.token_hex(16)
    with fresh_database(postgres_server) as url:
        parts = urlsplit(url)
        netloc = f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"
        server = Server(url, "")
        server.execute(GRANTS.replace("payments_app", name), f"ALTER ROLE {name} PASSWORD '{password}'")
        yield Role(url, urlunsplit(parts._replace(netloc=netloc)))
    postgres_server.execute(f"DROP ROLE {name}")


@pytest.fixture
async def connection(role: Role) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(role.url)
    yield connection
    await connection.close()


FORBIDDEN: Final = [
    *(f"DELETE FROM {table}" for table in MUST_STAY),  # noqa: S608 - our own names
    *(f"TRUNCATE {table} CASCADE" for table in metadata.tables),
    *(f"DROP TABLE {table} CASCADE" for table in metadata.tables),
    "UPDATE history SET what = 'nothing'",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
    "ALTER TABLE history DISABLE TRIGGER ALL",
    "ALTER TABLE orders DROP CONSTRAINT ck_orders_amounts",
    "DROP FUNCTION refuse_to_change_history() CASCADE",
    "DROP INDEX uq_orders_pays_seat",
    "CREATE TABLE public.mine (n int)",
    "SET session_replication_role = replica",
    "SET ROLE pg_write_all_data",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_role_can_neither_change_a_table_nor_delete_what_must_stay(
    connection: asyncpg.Connection, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)


def deleted_from(source: str) -> set[str]:
    """The tables of `orders.delete()`, `delete(orders)` and `_delete(connection, orders, …)`."""
    ways = (r"\b(\w+)\.delete\(\)", r"\bdelete\((\w+)\)", r"\b_delete\(connection, (\w+)")
    names = [name for way in ways for name in re.findall(way, source)]
    return {name.removesuffix("_table") for name in names} & set(metadata.tables)


def test_what_the_service_deletes_from_is_granted_and_nothing_else() -> None:
    wanted = set().union(*(deleted_from(path.read_text(encoding="utf-8")) for path in STORAGE.rglob("*.py")))
    (granted,) = re.findall(r"^GRANT DELETE ON ([\w, ]+) TO", GRANTS, re.MULTILINE)
    assert wanted <= set(granted.split(", ")), f"GRANT DELETE in docs/security.md on: {sorted(wanted)}"


async def test_the_service_works_under_a_role_that_owns_nothing(role: Role) -> None:
    """A start, a payment, money back, a sign-off, an event and a member that go, a seat that falls due, every job."""
    with capture_logs() as lines:
        async with open_world(role.owner_url, service_url=role.url, SWEEP_SECONDS="1") as world:
            async with world.app.router.lifespan_context(world.app):
                await _live(world)
            assert (await world.database.fetchval("SELECT count(*) FROM idempotency_keys")) == 1
    assert [line for line in lines if "failed" in line["event"]] == []


async def _live(world: World) -> None:
    service = headers_of("service")
    money = {"amount": "1.00", "reason": "r"}
    path = f"/v1/orders/{world.ids['paid']['order_id']}/refund"
    refunded = await world.client.post(path, json=money, headers=service | {"Idempotency-Key": "k"})
    assert refunded.json()["refunded"] == "1.00"
    await world.must("DELETE", "/v1/registrations/r-open")
    await world.must("DELETE", "/v1/paid-events/kurs")
    await world.must("DELETE", "/v1/events/kurs")
    assert (await world.must("GET", f"/v1/users/{OTHER}/export"))["registrations"]
    await world.must("DELETE", f"/v1/users/{OTHER}")
    seat = world.simulator.backend.sign_up("julebord", "sen")
    due = {"event_id": "julebord", "user_id": "sen", "payment_expiredate": "2026-01-01T00:00:00Z"}
    await world.must("PUT", f"/v1/registrations/{seat.registration_id}", due)
    for _ in range(200):
        if (await world.must("GET", f"/v1/registrations/{seat.registration_id}"))["status"] == "expired":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the seat was not given back")
