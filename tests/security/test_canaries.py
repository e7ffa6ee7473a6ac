"""What is private is put in everywhere, and then looked for everywhere it must not be."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Final

import httpx
import pytest
import structlog

from payments_service.demo.environment import SERVICE_KEY, environment
from payments_service.observability import configure_logging
from payments_service.storage.tables import metadata
from payments_service.vipps import callback_token
from tests.access.callers import JWT_KEY, headers_of, token
from tests.access.world import WEBHOOK_SECRET, World, open_world

NAME, PHONE, MAIL = "Kanari Fuglesang", "41234567", "kanari@fuglesang.test"
REASON, CLIENT_KEY = "fordi kanarifuglen sang", "kanari-key-of-a-client"
#: Every secret of the environment, as the service has it.
VARIABLES: Final = environment(database_url="", service_port=0, simulator_origin="")
SECRETS: Final = [
    SERVICE_KEY,
    JWT_KEY,
    WEBHOOK_SECRET,
    *(
        VARIABLES[name]
        for name in (
            "VIPPS_CLIENT_ID",
            "VIPPS_CLIENT_SECRET",
            "VIPPS_SUBSCRIPTION_KEY",
            "VIPPS_CALLBACK_SECRET",
            "EVENT_SERVICE_TOKEN",
        )
    ),
]


@pytest.fixture
def json_logging() -> Iterator[None]:
    """As in production, and louder."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(log_format="json", log_level="DEBUG")
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
async def world(json_logging: None, database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as world:
        yield world


async def story(world: World) -> list[httpx.Response]:
    """Payments that work, forgeries, slips, faults of Vipps and failures of ours, all of them full of canaries."""
    client, service = world.client, headers_of("service")
    order_id = world.ids["open"]["order_id"]
    seat = {"event_id": "hyttetur", "user_id": "nykomling"}
    await world.must("PUT", "/v1/registrations/r-new", seat)
    start = {**seat, "payer_name": NAME, "phone_number": PHONE}
    refund = f"/v1/orders/{world.ids['paid']['order_id']}/refund"
    money = {"amount": "1.00", "reason": REASON}
    said = json.dumps({"orderId": order_id, "userDetails": {"name": NAME, "phone": PHONE, "email": MAIL}})
    sales_unit = VARIABLES["VIPPS_MERCHANT_SERIAL_NUMBER"]
    genuine = callback_token.make(VARIABLES["VIPPS_CALLBACK_SECRET"], sales_unit, order_id)
    callback = f"/vipps/v2/payments/{order_id}"
    answers = [
        await client.post("/v1/orders", json=start, headers=service),
        await client.post(refund, json=money, headers=service | {"Idempotency-Key": CLIENT_KEY}),
        await client.post(refund, json=money, headers=headers_of("organiser+f")),
        await client.post(callback, content=said, headers={"Authorization": genuine}),
        await client.post(callback, content=said, headers={"Authorization": f"{genuine}x"}),
        await client.post("/v1/orders", json={**start, "payer_name": f"{NAME}\n"}, headers=service),
        await client.post("/v1/orders", json={**start, NAME: PHONE}, headers=service),
        await client.post("/v1/orders", content=f'{{"payer_name": "{NAME}"'.encode(), headers=service),
        await client.post(
            "/v1/orders", json={**start, "return_url": f"https://{MAIL}/{PHONE}"}, headers=service
        ),
        await client.get(f"/v1/orders?search={NAME}", headers=service),
        await client.get(f"/v1/{PHONE}?key={SERVICE_KEY}", headers=service),
        await client.get("/v1/orders", headers={"Authorization": f"Basic {SERVICE_KEY}"}),
        await client.get("/v1/orders", headers={"Authorization": f"Bearer {token(sub=NAME)}"}),
    ]
    for mode in ("500", "refuse"):
        world.simulator.take_down("vipps", mode)
        answers.append(await client.post(refund, json=money, headers=service))
        answers.append(await client.post("/v1/orders", json=start, headers=service))
    await world.database.execute("ALTER TABLE orders RENAME TO hidden")
    answers.append(await client.post("/v1/orders", json=start, headers=service))
    await world.database.execute("ALTER TABLE hidden RENAME TO orders")
    return answers


async def test_no_secret_and_nobodys_name_is_written_down(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = await story(world)
    asked = [request.body for request in world.simulator.journal.requests if NAME in request.body]
    assert len(asked) == 1, "Vipps was told who pays, and nobody else"
    assert [answer.status_code for answer in answers] == [
        201, 200, 200, 200, 401, 422, 422, 400, 422, 200, 404, 401, 401, 503, 200, 503, 200, 503,
    ]  # fmt: skip
    printed = capsys.readouterr()
    log = printed.out + printed.err
    assert '"event": "request"' in log
    handed_out = [*world.simulator.tokens.issued, token(sub=NAME).split(".")[1]]
    private = [*SECRETS, *handed_out, NAME, PHONE, MAIL, REASON, CLIENT_KEY, "Fuglesang", "kanari"]
    assert [word for word in private if word in log] == []
    figures = (await world.client.get("/metrics")).text
    assert [word for word in private if word in figures] == []
    shown = "".join(answer.text + str(answer.headers) for answer in answers)
    assert [word for word in (*SECRETS, *handed_out, NAME, PHONE, MAIL) if word in shown] == []


async def test_a_payers_name_and_number_are_in_no_table(world: World) -> None:
    await story(world)
    for table in metadata.tables:
        if table == "deliveries":
            continue  # what Vipps sent is kept as it came; we ask it for no name
        rows = await world.database.fetch(f"SELECT t::text AS line FROM {table} t")  # noqa: S608 - our own names
        text = "\n".join(row["line"] for row in rows)
        assert [word for word in (NAME, PHONE, MAIL, *SECRETS) if word in text] == [], table
