"""After the story: the service stays up for people to try, with an open checkout in which they can play the member."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from payments_service.demo.actors import JWT_KEY, Backend, Member
from payments_service.demo.apis import Api
from payments_service.demo.connections import Connections, answered
from payments_service.demo.environment import SERVICE_KEY
from payments_service.demo.operating import Operator
from payments_service.demo.screen import Screen
from payments_service.demo.stack import Stack
from payments_service.demo.vipps_side import Vipps

EVENT: Final = "konsert"
CHECKOUT_SECONDS: Final = 600  # as at Vipps; a person needs the time
UNHURRIED: Final[Mapping[str, str]] = {"SWEEP_SECONDS": "1", "JWT_KEY": JWT_KEY}


def stay(stack: Stack, operator: Operator, api: Api, screen: Screen) -> bool:
    """Show what there is to open, and stay until Ctrl-C or SIGTERM; False when the service ended by itself."""
    screen.plain("\nStarting the service again without the hurry: ten minutes in the app, an hour to pay ...")
    try:
        operator.start(api, UNHURRIED)
        with Connections() as connections:
            order = _open_checkout(stack, connections)
        screen.plain()
        screen.pairs(addresses(stack, api))
        screen.pairs(
            [
                ("be the member", order["payment_link"]),
                ("then look", f"curl -s -H 'Authorization: Bearer {SERVICE_KEY}' {_order_url(stack, order)}"),
            ]
        )
        screen.plain("\nCtrl-C ends everything, and leaves nothing behind.")
        return wait_for_ctrl_c(stack, screen)
    except KeyboardInterrupt:
        screen.plain("\nEnding.")
        return True


def addresses(stack: Stack, api: Api) -> Sequence[tuple[str, str]]:
    """Return what there is to open in a browser, the key to call with, and the API that new payments use."""
    return [
        ("API docs", f"{stack.service_url}/docs"),
        ("health", f"{stack.service_url}/health/ready"),
        ("metrics", f"{stack.service_url}/metrics"),
        ("simulator", f"{stack.simulator_url}/control/state"),
        ("service key", SERVICE_KEY),
        ("new payments", f"{api.title}, VIPPS_API={api.name}"),
    ]


def wait_for_ctrl_c(stack: Stack, screen: Screen) -> bool:
    """Return False should the service end; otherwise only a KeyboardInterrupt ends this."""
    while not stack.has_died:
        time.sleep(0.2)
    screen.plain("The service has ended by itself:")
    screen.plain(stack.last_lines())
    return False


def _open_checkout(stack: Stack, connections: Connections) -> Any:
    """Have Gustav sign up and start a payment, and leave the rest to whoever opens the link."""
    vipps = Vipps(stack.simulator_url, connections)
    vipps.allow_checkouts_to_last(CHECKOUT_SECONDS)
    backend = Backend(
        service_url=stack.service_url, simulator_url=stack.simulator_url, connections=connections
    )
    backend.open_event(EVENT, title="Konsert", seats=10, price="100.00", paytime="01:00:00")
    gustav = Member("Gustav", service_url=stack.service_url, connections=connections)
    backend.sign_up(EVENT, gustav.user_id)
    backend.announce(EVENT, gustav.user_id)
    order = answered(gustav.ask_to_pay(EVENT), 201)
    vipps.tie(order["order_id"], EVENT, gustav.user_id)
    return order


def _order_url(stack: Stack, order: Mapping[str, Any]) -> str:
    return f"{stack.service_url}/v1/orders/{order['order_id']}"
