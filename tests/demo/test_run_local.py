"""`make run`: the lines it prints work as they are, and what was made is there again after the next start."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from payments_service.demo.environment import SERVICE_KEY
from payments_service.demo.run_local import main
from payments_service.embedded_postgres import EmbeddedPostgres
from tests.demo.played import Played, all_gone, played
from tests.embedded_postgres.owners import comes_true

RUN = ("-m", "payments_service.demo.run_local", "--port", "0", "--simulator-port", "0")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A folder to run in; as root the database may lie elsewhere, and goes all the same."""
    home = EmbeddedPostgres(tmp_path / ".data" / "postgres").home
    yield tmp_path
    shutil.rmtree(home, ignore_errors=True)


def address(demo: Played, name: str) -> str:
    found = re.search(rf"^  {name} +(\S+)$", demo.output, flags=re.MULTILINE)
    assert found is not None, demo.output
    return found[1]


def paid_events(demo: Played) -> list[str]:
    """Return the events that the service knows to cost money."""
    url = address(demo, "API docs").removesuffix("/docs") + "/v1/paid-events"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {SERVICE_KEY}"}, trust_env=False)
    return [item["event_id"] for item in answer.json()["items"]]


def webhook_of(demo: Played) -> str:
    """Return what the service has seen of its registration at Vipps."""
    answer = httpx.get(address(demo, "health"), trust_env=False)
    return str(answer.json()["details"]["vipps_webhook"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_its_lines_work_and_its_data_stays(checkout: Path) -> None:
    with played(*RUN, cwd=checkout) as first:
        assert first.prints("Ctrl-C ends everything"), first.output
        lines = [line for line in first.lines if line.startswith(("A=", "curl "))]
        script = "\n".join(line.replace("curl -s ", "curl -sS --fail -w '\\n' ") for line in lines)
        shell = subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True, check=False)
        assert shell.returncode == 0, shell
        assert '"payment_link":"http' in shell.stdout
        assert '"status":"awaiting_payment"' in shell.stdout
        made = paid_events(first)
        belongings = first.belongings()
        assert first.ends_by(signal.SIGTERM) == 0
        assert all_gone(belongings)
    with played(*RUN, "--api", "epayment", cwd=checkout) as again:
        assert again.prints("Ctrl-C ends everything"), again.output
        assert paid_events(again) == made
        assert comes_true(lambda: webhook_of(again) == "registered", seconds=10), again.output
        assert again.ends_by(signal.SIGINT) == 0


@pytest.mark.parametrize(("arguments", "variable"), [(("--api", "both"), ""), ((), "vipps")])
def test_another_api_is_refused_at_once(
    arguments: tuple[str, ...],
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if variable:
        monkeypatch.setenv("VIPPS_API", variable)
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert "epayment" in capsys.readouterr().err
