"""`payments-service simulator --scenario`: plays from the start, or ends at once and says why."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

UNBUFFERED = {**os.environ, "PYTHONUNBUFFERED": "1"}
COMMAND = [sys.executable, "-m", "payments_service", "simulator"]


def test_a_bad_file_ends_the_command_with_status_2_and_its_reasons(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('title = "x"\n[[step]]\nwhen = { cal = "capture" }\nthen = { member = "dance" }\n')
    ended = subprocess.run(
        [*COMMAND, "--scenario", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{path}: step 1, ") for line in lines)
    assert "Traceback" not in ended.stderr


def test_a_shipped_scenario_is_played_from_the_start_on_a_free_port() -> None:
    command = [*COMMAND, "--port", "0", "--scenario", "lost_callback"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=UNBUFFERED) as process:
        assert process.stdout is not None
        origin = next(line.split("=")[1].strip() for line in process.stdout if "VIPPS_BASE_URL=" in line)
        try:
            told = _ask(f"{origin}/control/scenario")
        finally:
            process.terminate()
    assert told["title"] == "The callback is lost"
    assert told["steps"][0]["state"] == "happened"


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"port {port} cannot be had")


def _ask(address: str) -> Any:
    for _ in range(200):
        try:
            answer = httpx.get(address, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if (found := answer.json())["steps"]:
            return found
    raise AssertionError("the simulator did not come up")
