"""`make run`: the service for development, with simulated neighbours and a database that is kept in `.data/`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from payments_service.demo.apis import CHOSEN, ECOM, EPAYMENT, Api
from payments_service.demo.children import PortTaken, StackFailed
from payments_service.demo.databases import embedded_database
from payments_service.demo.environment import SERVICE_KEY
from payments_service.demo.neighbours import Neighbours, listen
from payments_service.demo.operating import Operator
from payments_service.demo.screen import Screen
from payments_service.demo.stack import Stack, sigterm_like_ctrl_c, standing
from payments_service.demo.staying import addresses, wait_for_ctrl_c
from payments_service.embedded_postgres import EmbeddedPostgresError
from payments_service.simulator.config import DEFAULT_PORT, SimulatorConfig

FOLDER: Final = Path(".data/postgres")
MEMBER: Final = "olanor"
APIS: Final = (ECOM.name, EPAYMENT.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C and return the exit status."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the service, on 127.0.0.1")
    parser.add_argument(
        "--simulator-port", type=int, default=DEFAULT_PORT, help="of the simulated neighbours"
    )
    parser.add_argument(
        "--api",
        choices=APIS,
        default=os.environ.get("VIPPS_API", ECOM.name),
        help="for new payments, like VIPPS_API; epayment registers a webhook at the simulated Vipps",
    )
    wanted = parser.parse_args(arguments)
    if wanted.api not in APIS:  # a default is not looked at
        parser.error(f"VIPPS_API is one of {', '.join(APIS)}")
    try:
        with sigterm_like_ctrl_c(), ExitStack() as resources:
            (api,) = CHOSEN[wanted.api]
            return _run(resources, wanted.port, wanted.simulator_port, api, Screen())
    except KeyboardInterrupt:
        return 0
    except PortTaken as taken:
        print(taken, file=sys.stderr)
        return 2
    except (StackFailed, EmbeddedPostgresError) as failure:
        print(failure, file=sys.stderr)
        return 1


def _run(resources: ExitStack, port: int, simulator_port: int, api: Api, screen: Screen) -> int:
    reserved = resources.enter_context(listen(port))
    config = SimulatorConfig()
    number = int(time.time()) - 1_700_000_000  # new at every start, like the simulator's memory
    neighbours = resources.enter_context(
        Neighbours(config, port=simulator_port, option="--simulator-port", first_registration_id=number)
    )
    given = os.environ.get("DATABASE_URL")
    screen.plain(f"database: {'the one in DATABASE_URL' if given else f'an embedded PostgreSQL in {FOLDER}'}")
    url = given or resources.enter_context(embedded_database(FOLDER))
    stack = Stack(database_url=url, neighbours=neighbours, config=config, reserved=reserved)
    resources.enter_context(standing(stack))
    Operator(stack).start(api, {"LOG_FORMAT": "console"}, is_shown=True)
    event = {"event_id": f"event-{number}", "capacity": 10}
    httpx.post(
        f"{stack.simulator_url}/control/backend/events", json=event, trust_env=False
    ).raise_for_status()
    screen.plain()
    screen.pairs(addresses(stack, api))
    screen.plain("\nTry it, line by line:\n")
    for line in lines_to_try(stack, str(event["event_id"])):
        screen.plain(line)
    screen.plain(
        "\nOpen the payment_link of the answer to be the member. Ctrl-C ends everything; the data stays.\n"
    )
    return 0 if wait_for_ctrl_c(stack, screen) else 1


def lines_to_try(stack: Stack, event_id: str) -> list[str]:
    """Return lines for a shell: an event that costs money, a sign-up, a payment, and what became of it."""
    service, simulator = stack.service_url, stack.simulator_url
    sign_up = f"{simulator}/control/backend/events/{event_id}/registrations"
    return [
        f"A='Authorization: Bearer {SERVICE_KEY}' J='Content-Type: application/json'",
        _curl('-X PUT -H "$A" -H "$J"', f"{service}/v1/paid-events/{event_id}", PAID_EVENT),
        _curl('-H "$J"', sign_up, f'{{"user_id": "{MEMBER}"}}'),
        _curl(
            '-H "$A" -H "$J"', f"{service}/v1/orders", f'{{"event_id": "{event_id}", "user_id": "{MEMBER}"}}'
        ),
        _curl('-H "$A"', f"{service}/v1/registrations?event_id={event_id}"),
    ]


PAID_EVENT: Final = '{"price": "250.00", "paytime": "01:00:00", "title": "Julebord"}'


def _curl(options: str, url: str, body: str | None = None) -> str:
    return f"curl -s {options} '{url}'" + (f" -d '{body}'" if body else "")


if __name__ == "__main__":
    raise SystemExit(main())
