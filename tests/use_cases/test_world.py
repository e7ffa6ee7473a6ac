"""The harness itself sees what it is there to see."""

from __future__ import annotations

import pytest

from payments_service.storage.database import database_now
from payments_service.vipps.errors import OutcomeUnknown
from tests.use_cases.neighbours import AfterTheEffect
from tests.use_cases.world import World


async def test_a_transaction_left_open_over_a_call_is_seen(seated: World) -> None:
    order, _ = await seated.start()
    assert seated.idle_in_transaction == []
    async with seated.database.begin() as connection:
        await database_now(connection)
        await seated.vipps.read(order.order_id, timeout=1)
    assert [call.operation for call in seated.idle_in_transaction] == ["read"]
    seated.idle_in_transaction.clear()


async def test_the_second_connection_sees_only_what_is_committed(seated: World) -> None:
    async with seated.database.begin() as connection:
        await connection.exec_driver_sql("UPDATE registrations SET user_id = 'karin'")
        assert await seated.second.fetchval("SELECT user_id FROM registrations") == "olanor"
    assert await seated.second.fetchval("SELECT user_id FROM registrations") == "karin"


async def test_vipps_carries_out_a_key_once(seated: World) -> None:
    order, _ = await seated.start()
    seated.vipps.member(order.order_id, "RESERVE")
    seated.vipps.script["capture"] = [AfterTheEffect(OutcomeUnknown("cut"))]
    with pytest.raises(OutcomeUnknown):
        await seated.vipps.capture(order.order_id, amount_ore=1, key="k", text="", timeout=1)
    await seated.vipps.capture(order.order_id, amount_ore=1, key="k", text="", timeout=1)
    assert [entry.word for entry in seated.vipps.logs[order.order_id]] == ["INITIATE", "RESERVE", "CAPTURE"]
