"""`payments-service demo`: sets everything up, has the story played, and says how it came out."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

import httpx

from payments_service.demo.apis import CHOSEN, Api, Choice
from payments_service.demo.children import PortTaken, StackFailed
from payments_service.demo.company import Stage
from payments_service.demo.connections import Connections
from payments_service.demo.databases import embedded_database, fresh_database
from payments_service.demo.neighbours import Neighbours, listen
from payments_service.demo.opening import CHECKOUT_SECONDS
from payments_service.demo.operating import Operator
from payments_service.demo.screen import Screen
from payments_service.demo.stack import Stack, sigterm_like_ctrl_c, standing
from payments_service.demo.staying import stay
from payments_service.demo.story import play
from payments_service.demo.telling import Telling, WentWrong
from payments_service.embedded_postgres import EmbeddedPostgresError
from payments_service.simulator.config import SimulatorConfig

EXIT_WRONG: Final = 1
EXIT_PORT_TAKEN: Final = 2
EXIT_INTERRUPTED: Final = 130


Story = Callable[[Stage, Sequence[Api]], None]


def run(*, once: bool, port: int, api: Choice = "both", story: Story = play) -> int:
    """Play the story and return the exit status; without `once`, after staying up until told to end."""
    try:
        with sigterm_like_ctrl_c():
            return _run(once=once, port=port, apis=CHOSEN[api], story=story, screen=Screen())
    except PortTaken as taken:
        print(taken, file=sys.stderr)
        return EXIT_PORT_TAKEN
    except (StackFailed, EmbeddedPostgresError, WentWrong, httpx.HTTPError) as failure:
        print(failure, file=sys.stderr)
        return EXIT_WRONG
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _run(*, once: bool, port: int, apis: Sequence[Api], story: Story, screen: Screen) -> int:
    with ExitStack() as resources:
        stack = _stand(resources, resources.enter_context(listen(port)), screen)
        telling, operator = Telling(screen), Operator(stack)
        with Connections() as connections:
            story(Stage(stack=stack, operator=operator, telling=telling, connections=connections), apis)
        _say_how_it_came_out(telling, apis, stack, screen)
        stayed_well = True
        if not once and not stack.has_died:
            stayed_well = stay(stack, operator, apis[-1], screen)
    return 0 if telling.is_right and stayed_well else EXIT_WRONG


def _stand(resources: ExitStack, reserved: socket.socket, screen: Screen) -> Stack:
    """Bring up what the service stands on; `resources` takes everything down again in the opposite order."""
    began_at = time.monotonic()
    given = os.environ.get("DATABASE_URL")
    if given:
        screen.plain("DATABASE_URL is set: playing in a new database on that server, dropped at the end.")
    else:
        screen.plain("Starting a PostgreSQL of our own, and a simulated Vipps and event backend ...")
    config = SimulatorConfig(
        landing_seconds=CHECKOUT_SECONDS, app_seconds=CHECKOUT_SECONDS, total_seconds=CHECKOUT_SECONDS
    )
    url = resources.enter_context(fresh_database(given) if given else embedded_database())
    neighbours = resources.enter_context(Neighbours(config))
    stack = Stack(database_url=url, neighbours=neighbours, config=config, reserved=reserved)
    resources.enter_context(standing(stack))
    screen.plain(
        f"They stand after {time.monotonic() - began_at:.1f} s. The service comes to {stack.service_url}"
    )
    return stack


def _say_how_it_came_out(telling: Telling, apis: Sequence[Api], stack: Stack, screen: Screen) -> None:
    screen.plain()
    if telling.is_right:
        screen.plain(
            f"Everything came out right over {' and '.join(api.title for api in apis)}: "
            f"{telling.checks} checks in {telling.steps} steps, {telling.seconds:.1f} s."
        )
        return
    screen.plain("Something came out wrong:")
    for failure in telling.failures:
        screen.plain(f"  {failure}")
    screen.plain("\nThe service's last log lines:")
    screen.plain(stack.last_lines())
