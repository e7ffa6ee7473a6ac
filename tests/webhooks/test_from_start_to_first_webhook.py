"""A service without a registration, a person who makes one, and the first webhook: real processes on real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from payments_service.demo.environment import environment
from tests.cli.played import PlayedWebhooks
from tests.journeys.neighbours import eventually, free_port
from tests.journeys.service import Service
from tests.webhooks.signing import DATE, PATH, authorized, event, hash_of, signature_of

Start = Callable[..., Service]
STRANGE = "another-shops-order-1"


@pytest.fixture
def vipps() -> Iterator[PlayedWebhooks]:
    with PlayedWebhooks() as played:
        yield played


@pytest.fixture
def start(database_url: str, tmp_path: Path, vipps: PlayedWebhooks) -> Iterator[Start]:
    """Start a replica with this webhook secret; all are reached under one public address."""
    public_url = f"http://127.0.0.1:{free_port()}"
    replicas: list[Service] = []

    def start(secret: str) -> Service:
        port = int(public_url.rpartition(":")[2])
        variables = environment(
            database_url=database_url,
            service_port=port,
            simulator_origin=vipps.origin,
            VIPPS_WEBHOOK_SECRETS=secret,
        )
        for one in replicas:
            one.close()
        replicas.append(Service(variables, tmp_path / f"replica-{len(replicas)}.log"))
        replicas[-1].wait_until_ready()
        return replicas[-1]

    yield start
    for one in replicas:
        one.close()


def word(service: Service) -> str:
    told: str = service.get("/health/ready").json()["details"]["vipps_webhook"]
    return told


def post(service: Service, secret: str, body: bytes) -> int:
    host = service.url.removeprefix("http://")
    headers = {
        "x-ms-date": DATE,
        "x-ms-content-sha256": hash_of(body),
        "Authorization": authorized(signature_of(body, secret=secret.encode(), host=host)),
    }
    return httpx.post(f"{service.url}{PATH}", content=body, headers=headers, trust_env=False).status_code


def test_from_a_start_without_a_registration_to_the_first_webhook(
    start: Start, vipps: PlayedWebhooks, tmp_path: Path
) -> None:
    # Given a service whose registration is gone: it says so, and registers nothing by itself
    service = start("the-secret-of-a-registration-that-is-gone")
    eventually(lambda: word(service) == "missing", within=10)
    assert "payments_vipps_webhook_registered 0.0" in service.get("/metrics").text
    assert service.log().count("vipps_webhook_lost") == 1
    assert vipps.sent == []
    # When an operator registers it and puts the secret in its place
    typed = subprocess.run(
        [sys.executable, "-m", "payments_service", "webhooks", "register"],
        env=service.environment,
        cwd=tmp_path,  # where no .env lies
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    secret = json.loads(typed.stdout)["secret"]
    body = event(STRANGE)
    assert post(service, secret, body) == 401
    service = start(secret)
    # Then it is known to be there, and what is signed with its secret is taken
    eventually(lambda: word(service) == "registered", within=10)
    assert "payments_vipps_webhook_registered 1.0" in service.get("/metrics").text
    assert [post(service, secret, body) for _ in range(2)] == [200, 200]
    assert post(service, secret + "x", body) == 401
    (case,) = service.get("/v1/attention").json()["items"]
    assert (case["code"], case["order_id"]) == ("unknown_payment", STRANGE)
    assert len(vipps.sent) == 1
    assert service.complaints() == []
