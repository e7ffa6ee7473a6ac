"""The demo around its story: what stays up afterwards, what a wrong story leads to, and that nothing is left behind."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from payments_service.demo.apis import Api
from payments_service.demo.company import Stage
from payments_service.demo.opening import HURRIED
from payments_service.demo.play import run
from tests.demo.played import DEMO, WITHOUT_STORY, all_gone, folder_of_postgres, played
from tests.embedded_postgres.owners import comes_true


@pytest.mark.slow
def test_a_story_that_comes_out_wrong_ends_with_status_1_and_the_service_is_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong_story(stage: Stage, apis: Sequence[Api]) -> None:
        stage.operator.start(apis[0], HURRIED)
        with stage.telling.step("1. A registration nobody made"):
            stage.backend().status("no-event", "nobody")

    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(once=True, port=0, api="ecom", story=wrong_story) == 1
    told = capsys.readouterr().out
    assert "expected: a registration of nobody's for no-event" in told
    assert "Something came out wrong:" in told
    assert "Application startup complete" in told, "the service's log"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 130)])
def test_however_it_ends_it_leaves_no_process_and_no_folder(tmp_path: Path, number: int, status: int) -> None:
    with played(*DEMO, "--once", "--port", "0", TMPDIR=str(tmp_path)) as demo:
        assert demo.prints("2. "), demo.output
        belongings = demo.belongings()
        assert any("payments_service.demo.leash" in process.cmdline() for process in belongings)
        folder = folder_of_postgres(belongings)
        assert folder.exists()
        assert demo.ends_by(number) == status
        assert all_gone(belongings)
        assert comes_true(lambda: not folder.exists())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_afterwards_it_stays_up_with_addresses_that_answer_until_ctrl_c() -> None:
    with played("-c", WITHOUT_STORY.format(once=False)) as demo:
        assert demo.prints("Ctrl-C ends everything"), demo.output
        belongings = demo.belongings()
        told = {line[2:16].strip(): line[17:] for line in demo.lines if line.startswith("  ")}
        for name in ("API docs", "health", "metrics", "simulator", "be the member"):
            assert httpx.get(told[name], trust_env=False).status_code == 200, name
        assert "VIPPS_API=epayment" in told["new payments"]
        order = in_a_shell(told["then look"])
        assert '"status":"INITIATE"' in order
        assert '"vipps_api":"epayment"' in order
        assert demo.ends_by(signal.SIGINT) == 0
        assert all_gone(belongings)


def in_a_shell(line: str) -> str:
    """Run a line as a person would paste it."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
