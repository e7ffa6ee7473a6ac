"""The whole story comes out right, is told step by step, and says so in its exit status."""

from __future__ import annotations

import re
import socket

import pytest

from payments_service.demo.story import STEPS
from tests.demo.played import DEMO, played


@pytest.mark.slow
def test_the_story_comes_out_right_and_every_step_is_told() -> None:
    with played(*DEMO, "--once", "--port", "0") as demo:
        status = demo.process.wait(90)
        assert demo.prints("Everything came out right"), demo.output
    assert status == 0
    for number, (title, _) in enumerate(STEPS, start=1):
        assert f"{number}. {title}" in demo.lines
    assert "✗" not in demo.output
    assert "\x1b" not in demo.output, "colour is for terminals"
    times = [float(found) for found in re.findall(r"^ *(\d+\.\d) s ", demo.output, flags=re.MULTILINE)]
    assert times == sorted(times)
    assert times[-1] < 40


def test_a_taken_port_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with played(*DEMO, "--once", "--port", str(port)) as demo:
            assert demo.process.wait(20) == 2
            assert demo.prints("--port")
    assert demo.output.startswith(f"port {port} of 127.0.0.1 cannot be had")
    assert len(demo.lines) == 1
