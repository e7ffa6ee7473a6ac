"""The whole story comes out right over both APIs, is told step by step, and says so in its exit status."""

from __future__ import annotations

import re
import socket

import pytest
from typer.testing import CliRunner

from payments_service.cli import app
from payments_service.demo.apis import CHOSEN
from payments_service.demo.finale import finale
from payments_service.demo.last_books import last_books
from payments_service.demo.story import STEPS, words_of
from tests.demo.played import DEMO, played

TOGETHER = (
    120  # seconds on a machine that does other things too; alone it takes little more than half of that
)


@pytest.mark.slow
def test_the_story_comes_out_right_over_both_apis_and_every_step_is_told() -> None:
    with played(*DEMO, "--once", "--port", "0") as demo:
        status = demo.process.wait(TOGETHER + 60)
        assert demo.prints("Everything came out right over eCom v2 and ePayment v1"), demo.output
    assert status == 0
    titles = [title.format_map(words_of(api)) for api in CHOSEN["both"] for title, _ in STEPS]
    titles += [title for title, _ in (*finale, *last_books)]
    for number, title in enumerate(titles, start=1):
        assert f"{number}. {title}" in demo.lines
    assert f" checks in {len(titles)} steps, " in demo.lines[-1]
    assert "✗" not in demo.output
    assert "\x1b" not in demo.output, "colour is for terminals"
    times = [float(found) for found in re.findall(r"^ *(\d+\.\d) s ", demo.output, flags=re.MULTILINE)]
    assert times == sorted(times)
    assert times[-1] < TOGETHER


def test_a_taken_port_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with played(*DEMO, "--once", "--port", str(port)) as demo:
            assert demo.process.wait(20) == 2
            assert demo.prints("--port")
    assert demo.output.startswith(f"port {port} of 127.0.0.1 cannot be had")
    assert len(demo.lines) == 1


@pytest.mark.parametrize(
    ("api", "is_one"), [("ecom", True), ("epayment", True), ("both", True), ("swish", False)]
)
def test_the_api_is_one_of_vipps_or_both(api: str, is_one: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that nothing is played
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(app, ["demo", "--once", "--port", port, "--api", api])
    assert answer.exit_code == 2
    assert ("cannot be had" in answer.output) is is_one
    assert ("is not one of" in answer.output) is not is_one
