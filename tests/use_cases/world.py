"""The use cases with their neighbours played by hand, and short words for what tests do and look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg

from payments_service.domain.operations import Operation
from payments_service.domain.orders import Order
from payments_service.domain.registrations import Registration
from payments_service.domain.seats import Seat
from payments_service.storage import operations, orders, paid_events, registrations
from payments_service.storage.claims import Claim, claim_due
from payments_service.storage.database import Database
from payments_service.storage.tables import operations as operations_table
from payments_service.storage.tables import orders as orders_table
from payments_service.storage.tables import registrations as registrations_table
from payments_service.use_cases.carry_out import carry_out
from payments_service.use_cases.describe_payment import PaymentRequest
from payments_service.use_cases.policy import Policy, Queue
from payments_service.use_cases.record_answer import Settled
from payments_service.use_cases.register import SignUp, register
from payments_service.use_cases.settle_order import settle_order
from payments_service.use_cases.settle_registration import settle_registration
from payments_service.use_cases.start_payment import start_payment
from tests.use_cases.neighbours import Call, FakeSeats, FakeVipps

PRICE = 25_000
EVENT, USER, REG = "123", "olanor", "77"
IDLE = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'payments-service' AND state LIKE 'idle in transaction%'
"""


@dataclass
class World:
    """`second` is a connection of the test's own, which sees only what has been committed."""

    database: Database
    second: asyncpg.Connection
    vipps: FakeVipps = field(default_factory=FakeVipps)
    epayment: FakeVipps = field(default_factory=lambda: FakeVipps(can_repeat_start=True))
    seats: FakeSeats = field(default_factory=FakeSeats)
    policy: Policy = field(default_factory=lambda: Policy(return_origins=("https://tihlde.org",)))
    nudges: list[Queue] = field(default_factory=list)
    idle_in_transaction: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alone()

    def alone(self, *, is_alone: bool = True) -> None:
        """While nothing runs at once, every call to a neighbour looks for a transaction left open meanwhile."""
        for neighbour in (self.vipps, self.epayment, self.seats):
            neighbour.witness = self._watch if is_alone else None

    async def _watch(self, call: Call) -> None:
        if await self.second.fetchval(IDLE):
            self.idle_in_transaction.append(call)

    @property
    def with_vipps(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "vipps": {"ecom": self.vipps, "epayment": self.epayment},
            "policy": self.policy,
            "nudge": self.nudges.append,
        }

    async def paid_event(self, **columns: Any) -> None:
        async with self.database.begin() as connection:
            values = {"price_ore": PRICE, "paytime_seconds": 3600, **columns}
            await paid_events.put(connection, EVENT, values)

    async def register(self, registration_id: str = REG, **fields: Any) -> bool:
        sign_up = SignUp(registration_id, **{"event_id": EVENT, "user_id": USER, **fields})
        return await register(sign_up, database=self.database, policy=self.policy, nudge=self.nudges.append)

    async def start(self, user_id: str = USER, **fields: Any) -> tuple[Order, bool]:
        wanted = PaymentRequest(EVENT, user_id, **fields)
        return await start_payment(wanted, event_service=self.seats, **self.with_vipps)

    async def settle(self, order_id: str, *, claim: Claim | None = None) -> Settled | None:
        return await settle_order(order_id, cause="test", claim=claim, **self.with_vipps)

    async def carry_out(self, *, at_most: int = 9) -> int:
        """Carry out what is due; returns how much that was."""
        claims = await self.claim(operations_table, at_most)
        for claim in claims:
            await carry_out(claim, **self.with_vipps)
        return len(claims)

    async def clock(self, *, due: bool = True) -> None:
        """The clock comes round and decides about what is due."""
        if due:
            await self.second.execute(
                "UPDATE registrations SET due_at = clock_timestamp() WHERE due_at IS NOT NULL"
            )
        for claim in await self.claim(registrations_table):
            await settle_registration(
                claim,
                database=self.database,
                event_service=self.seats,
                policy=self.policy,
                nudge=self.nudges.append,
            )

    async def claim(self, table: Any, limit: int = 9) -> list[Claim]:
        async with self.database.autocommit() as connection:
            return await claim_due(connection, table, limit=limit, lease=timedelta(seconds=60))

    async def claim_order(self, order_id: str) -> Claim:
        """Take an order as a worker does."""
        await self.set("orders", order_id, due_at=await self.second.fetchval("SELECT clock_timestamp()"))
        (claim,) = [c for c in await self.claim(orders_table) if c.key == order_id]
        return claim

    async def set(self, table: str, key: str, **columns: Any) -> None:
        """Change a row behind the service's back: time passes, or a state is made that takes long to reach."""
        name = {"orders": "order_id", "registrations": "registration_id", "operations": "operation_key"}[
            table
        ]
        sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, start=2))
        await self.second.execute(f"UPDATE {table} SET {sets} WHERE {name} = $1", key, *columns.values())  # noqa: S608

    async def pass_time(self, seconds: float) -> None:
        """Every instant of every order and registration moves into the past, and what was tried may be tried again."""
        for table, columns in _INSTANTS.items():
            sets = ", ".join(f"{c} = {c} - $1 * interval '1 second'" for c in columns)
            await self.second.execute(f"UPDATE {table} SET {sets}", seconds)  # noqa: S608

    async def fall_due(self, registration_id: str = REG) -> None:
        """The deadline passes."""
        now = await self.second.fetchval("SELECT clock_timestamp()")
        await self.set("registrations", registration_id, payment_expiredate=now, due_at=now)

    async def order(self, order_id: str) -> Order:
        async with self.database.autocommit() as connection:
            found = await orders.find(connection, order_id)
        assert found is not None
        return found

    async def orders(self, registration_id: str = REG) -> list[Order]:
        async with self.database.autocommit() as connection:
            return await orders.of_registration(connection, registration_id)

    async def operations(self, order_id: str) -> list[Operation]:
        async with self.database.autocommit() as connection:
            return await operations.of_order(connection, order_id)

    async def registration(self, registration_id: str = REG) -> Registration:
        async with self.database.autocommit() as connection:
            found = await registrations.find(connection, registration_id)
        assert found is not None
        return found

    async def status(self, registration_id: str = REG) -> str:
        return str((await self.registration(registration_id)).status)

    async def cases(self) -> list[str]:
        """The open cases' codes."""
        rows = await self.second.fetch("SELECT code FROM attention WHERE closed_at IS NULL ORDER BY code")
        return [row["code"] for row in rows]

    async def happened(self) -> list[str]:
        rows = await self.second.fetch("SELECT what FROM history ORDER BY history_id")
        return [row["what"] for row in rows]


_INSTANTS = {
    "orders": (
        "created_at",
        "started_at",
        "checkout_ends_at",
        "paid_at",
        "unanswered_since",
        "missing_since",
        "due_at",
        "lease_until",
    ),
    "registrations": ("payment_expiredate", "held_since", "due_at", "lease_until"),
    "operations": ("updated_at", "due_at", "lease_until"),
}


def seat(registration_id: str = REG, **fields: Any) -> Seat:
    values = {"event_id": EVENT, "user_id": USER, "is_on_wait": False, "payment_expiredate": None}
    return Seat(registration_id, **{**values, **fields})
