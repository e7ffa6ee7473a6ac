"""`payments-service simulator --scenario`: plays from the start, or ends at once and says why."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

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


def test_a_shipped_scenario_is_played_from_the_start() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*COMMAND, "--port", str(port), "--scenario", "lost_callback"])
    try:
        told = _ask(f"http://127.0.0.1:{port}/control/scenario")
    finally:
        process.terminate()
        process.wait(10)
    assert told["title"] == "The callback is lost"
    assert told["steps"][0]["state"] == "happened"


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
