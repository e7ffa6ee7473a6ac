"""Runs the simulator on a port, for a demo or another team, and says how to reach it."""

import socket
import sys
from collections.abc import Callable

import uvicorn

from payments_service.simulator.backend_notices import PATH as NOTICES
from payments_service.simulator.config import DEFAULT_PORT, SimulatorConfig
from payments_service.simulator.scenarios import BadScenario, load
from payments_service.simulator.simulator import Simulator


class SimulatorServer(uvicorn.Server):
    """Lets go of held calls before it shuts down; otherwise it would wait for them."""

    def __init__(self, config: uvicorn.Config, sim: Simulator) -> None:
        super().__init__(config)
        self.simulator = sim

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.simulator.stop()
        await super().shutdown(sockets)


def make_server(sim: Simulator, *, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> SimulatorServer:
    """For a program that runs other things beside it: `await make_server(sim, port=…).serve()`."""
    config = uvicorn.Config(
        sim.app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    return SimulatorServer(config, sim)


def serve(
    port: int = DEFAULT_PORT,
    *,
    host: str = "127.0.0.1",
    config: SimulatorConfig | None = None,
    scenario: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Blocks until it is stopped; port 0 takes a free one. Links handed to members lead to this very server.

    Raises BadScenario, or OSError for a port that cannot be had, before it begins.
    """
    script = None if scenario is None else load(scenario)
    config = config or SimulatorConfig()
    reachable = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 -- compared, not bound
    listening = socket.create_server((host, port))
    config.public_origin = f"http://{reachable}:{listening.getsockname()[1]}"
    say(greeting(config))
    if script is not None:
        say(f"The scenario: {script.title}. How far it is: {config.public_origin}/control/scenario")
    sim = Simulator(config)
    sim.opening_scenario = script
    make_server(sim, port=port, host=host).run(sockets=[listening])


def run(port: int = DEFAULT_PORT, host: str = "127.0.0.1", *, scenario: str | None = None) -> None:
    """Status 2 when the scenario makes no sense or the port is taken, with every reason on a line of its own."""
    try:
        serve(port, host=host, scenario=scenario)
    except BadScenario as bad:
        sys.exit(_refuse(scenario or "", bad))
    except OSError as error:
        sys.stderr.write(
            f"port {port} cannot be had ({error.strerror}): choose another one with --port, 0 takes a free one\n"
        )
        sys.exit(2)


def _refuse(scenario: str, bad: BadScenario) -> int:
    for problem in bad.problems:
        sys.stderr.write(f"{scenario}: {problem}\n")
    return 2


def greeting(config: SimulatorConfig) -> str:
    unit, origin = config.sales_units[0], config.public_origin
    lines = {
        "VIPPS_API": "ecom",
        "VIPPS_BASE_URL": origin,
        "VIPPS_CLIENT_ID": unit.client_id,
        "VIPPS_CLIENT_SECRET": unit.client_secret,
        "VIPPS_SUBSCRIPTION_KEY": unit.subscription_keys[0],
        "VIPPS_MERCHANT_SERIAL_NUMBER": unit.merchant_serial_number,
        "EVENT_SERVICE_URL": f"{origin}/backend",
        "EVENT_SERVICE_TOKEN": config.backend_token,
        "EVENT_SERVICE_TOKEN_HEADER": config.backend_token_header,
        "EVENT_WEBHOOK_URL": f"{origin}{NOTICES}",
        "EVENT_WEBHOOK_SECRET": config.notice_secrets[0],
    }
    settings = "\n".join(f"  {name}={value}" for name, value in lines.items())
    return (
        f"A pretended Vipps and a pretended event backend. Look inside: {origin}/control/state\n{settings}\n"
        "Or VIPPS_API=epayment, which takes a webhook: `payments-service webhooks register`, or one with a secret\n"
        "you know beforehand; either way the secret goes into VIPPS_WEBHOOK_SECRETS:\n"
        f"  curl {origin}/control/webhooks -H 'Content-Type: application/json' \\\n"
        """    -d '{"url": "http://127.0.0.1:8000/vipps/webhooks", "secret": "…"}'"""
    )
