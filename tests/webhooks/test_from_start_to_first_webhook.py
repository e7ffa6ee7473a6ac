"""A service without a registration, an operator who makes one, and what Vipps tells it then: all over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from payments_service.simulator.webhook_letters import WebhookForgery
from tests.journeys.neighbours import free_port
from tests.journeys.pace import SETTLED_WITHIN
from tests.journeys.service import Service
from tests.journeys.stack import Stack

STRANGE = "another-shops-order-1"
FORGERIES = {
    "another secret": WebhookForgery(secret="somebody else's"),
    "another signature": WebhookForgery(signature="agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="),
    "no signature": WebhookForgery(without_signature=True),
    "another host": WebhookForgery(host="pay.example.org"),
    "another path": WebhookForgery(path="/vipps/webhooks/"),
}


class Operator:
    """Starts replicas under one public address, and types commands with their environment."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.port = free_port()

    def starts(self, secrets: str, api: str = "ecom") -> Service:
        """In the place of the replica that runs."""
        for service in self.stack.services:
            service.close()
        address = f"http://127.0.0.1:{self.port}"
        return self.stack.start_service(
            PORT=self.port, PUBLIC_URL=address, VIPPS_API=api, VIPPS_WEBHOOK_SECRETS=secrets
        )

    def types(self, *words: str) -> str:
        """Return what a `webhooks` command prints."""
        ended = subprocess.run(
            [sys.executable, "-m", "payments_service", "webhooks", *words],
            env=self.stack.services[-1].environment,
            cwd=self.folder,  # where no .env lies
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def registers(self, *words: str) -> dict[str, Any]:
        return dict(json.loads(self.types("register", *words)))


@pytest.fixture
def operator(own_stack: Stack, tmp_path: Path) -> Operator:
    return Operator(own_stack, tmp_path)


def word(service: Service) -> str:
    """What readiness says of the webhook."""
    told: str = service.get("/health/ready").json()["details"]["vipps_webhook"]
    return told


def tell(stack: Stack, order_id: str, forgery: WebhookForgery) -> int | None:
    """Have Vipps send what happened last to the newest registration; return what it was answered."""
    simulator, payment = stack.simulator, stack.payment(order_id)
    newest = list(simulator.webhooks.registrations.values())[-1]
    sent = simulator.callbacks.webhooks.forge(payment, newest, forgery)
    (delivery,) = stack.neighbours.wait_for(sent)
    return delivery.http_status


def a_payment_of_another_shop(stack: Stack) -> None:
    """The sales unit is shared: somebody else starts an ePayment under it."""
    unit = stack.neighbours.config.sales_units[0]
    keys = {
        "Ocp-Apim-Subscription-Key": unit.subscription_keys[0],
        "Merchant-Serial-Number": unit.merchant_serial_number,
    }
    with httpx.Client(base_url=stack.neighbours.origin, headers=keys, trust_env=False) as shop:
        ids = {"client_id": unit.client_id, "client_secret": unit.client_secret}
        token = shop.post("/accesstoken/get", headers=ids).json()["access_token"]
        started = shop.post(
            "/epayment/v1/payments",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": STRANGE},
            json={
                "amount": {"currency": "NOK", "value": 25000},
                "paymentMethod": {"type": "WALLET"},
                "reference": STRANGE,
                "userFlow": "WEB_REDIRECT",
                "returnUrl": "https://shop.example/back",
                "paymentDescription": "Genser",
            },
        )
    assert started.status_code == 201, started.text


def test_from_a_start_without_a_registration_to_the_first_webhook(
    own_stack: Stack, operator: Operator
) -> None:
    # Given a service whose registration is gone: it says so, and registers nothing by itself
    service = operator.starts("the-secret-of-a-registration-that-is-gone")
    own_stack.eventually(lambda: word(service) == "missing", within=10)
    assert "payments_vipps_webhook_registered 0.0" in service.get("/metrics").text
    assert service.log().count("vipps_webhook_lost") == 1
    assert own_stack.simulator.webhooks.registrations == {}
    # When an operator registers it and puts the secret in its place
    made = operator.registers()
    assert operator.registers() == {"id": made["id"], "secret": None}
    service = operator.starts(made["secret"])
    # Then it is known to be there, and of payments that are not ours a person is told
    own_stack.eventually(lambda: word(service) == "registered", within=10)
    assert "payments_vipps_webhook_registered 1.0" in service.get("/metrics").text
    a_payment_of_another_shop(own_stack)
    own_stack.approve(STRANGE)
    (case,) = service.get("/v1/attention").json()["items"]
    assert (case["code"], case["order_id"]) == ("unknown_payment", STRANGE)
    deliveries = own_stack.simulator.journal.deliveries_of(STRANGE)
    assert [(d.channel, d.status, d.http_status) for d in deliveries] == [("webhooks", "AUTHORIZED", 200)]


@pytest.mark.parametrize("api", ["ecom", "epayment"])
def test_a_webhook_causes_a_reading_also_while_the_secret_is_changed(
    own_stack: Stack, operator: Operator, api: str
) -> None:
    # Given a registration whose secret is being changed
    operator.starts("a-secret-until-there-is-one")
    old, new = operator.registers(), operator.registers("--another")
    service = operator.starts(f"{old['secret']},{new['secret']}", api)
    operator.types("delete", old["id"])
    assert json.loads(operator.types("list", "--json"))["vipps_webhook"] == "registered"
    # And a member who has approved while callbacks are lost
    order_id = own_stack.starts_paying(own_stack.joins())
    own_stack.neighbours.do(lambda: own_stack.simulator.add_fault("lost", "callback"))
    own_stack.approve(order_id)
    # When somebody forges webhooks, each is refused
    assert {name: tell(own_stack, order_id, forgery) for name, forgery in FORGERIES.items()} == dict.fromkeys(
        FORGERIES, 401
    )
    # And when Vipps tells the truth, or even something else than the truth, it is asked
    assert tell(own_stack, order_id, WebhookForgery(name="TERMINATED", amount=1)) == 200
    own_stack.is_captured(order_id, within=SETTLED_WITHIN)
    assert 'payments_first_learned_total{how="callback"} 1.0' in service.get("/metrics").text
