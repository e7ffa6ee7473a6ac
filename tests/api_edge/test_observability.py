"""Lines are structured and hide what is private; figures of two services do not meet."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog

from payments_service.metrics import ATTENTION_CODES, Metrics
from payments_service.observability import REDACTED, configure_logging

Lines = Callable[[], list[str]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines on standard output, at least one of them."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(log_format="json", log_level="INFO")

    def lines() -> list[str]:
        found = capsys.readouterr().out.splitlines()
        assert found
        return found

    yield lines
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_private_keys_are_redacted_at_any_depth(written: Lines) -> None:
    hidden = {
        "authorization": "x-hidden",
        "payer_name": "x-hidden",
        "phoneNumber": "x-hidden",
        "Webhook-Secret": "x-hidden",
        "body": b"x-hidden",
        "idempotency_key": "x-hidden",
    }
    structlog.get_logger().info("happened", order_id="o-1", hostname="h", inner=[{"deep": hidden}], **hidden)
    (line,) = written()
    found = json.loads(line)
    assert (found["event"], found["order_id"], found["hostname"], found["level"]) == (
        "happened",
        "o-1",
        "h",
        "info",
    )
    assert found["at"].endswith("Z")
    assert "x-hidden" not in line
    assert found["payer_name"] == REDACTED


def test_the_standard_library_goes_the_same_way(written: Lines) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")
    logging.getLogger("uvicorn.error").warning("started %s", "here")
    logging.getLogger("uvicorn.access").info("GET /secret")
    logging.getLogger("httpx").info("GET https://x/olanor")
    structlog.contextvars.clear_contextvars()
    (line,) = written()
    found = json.loads(line)
    assert (found["event"], found["logger"], found["request_id"]) == ("started here", "uvicorn.error", "r-1")


def test_an_exception_is_told_by_kind_and_place_and_never_by_message(written: Lines) -> None:
    try:
        try:
            raise KeyError("hunter2")
        except KeyError as cause:
            raise RuntimeError("hunter2 too") from cause
    except RuntimeError:
        structlog.get_logger().exception("failed")
        logging.getLogger("apscheduler").exception("job failed")
    lines = written()
    assert len(lines) == 2
    for line in lines:
        assert "hunter2" not in line
        kinds = [part["kind"] for part in json.loads(line)["exception"]]
        assert kinds == ["builtins.RuntimeError", "builtins.KeyError"]


def test_input_cannot_make_a_second_line(written: Lines) -> None:
    structlog.get_logger().info("happened", said="a\nb\r\u2028\ud800")
    assert len(written()) == 1


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full", "| true", ">&- 2>&-"])
def test_work_goes_on_without_standard_output(
    redirection: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mark = tmp_path_factory.mktemp("log") / "done"
    program = (
        "import structlog, logging, pathlib, time\n"
        "from payments_service.observability import configure_logging\n"
        "configure_logging()\n"
        "for _ in range(200):\n"
        "    structlog.get_logger().info('happened', filler='x' * 1000); logging.error('x')\n"
        f"pathlib.Path({str(mark)!r}).touch()\n"
    )
    script = mark.with_suffix(".py")
    script.write_text(program)
    program_line = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {redirection}"
    subprocess.run(program_line, shell=True, check=False, timeout=30)  # noqa: S602
    assert mark.exists()


def test_every_alarm_is_there_before_it_rings() -> None:
    text = Metrics().render().decode()
    for code in ATTENTION_CODES:
        assert f'payments_attention_open{{code="{code}"}} 0.0' in text


def test_figures_of_two_services_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.first_learned("callback")
    first.observe_vipps("capture", "ok", 0.3)
    first.observe_event_service("release", "unknown", 9.0)
    first.set_attention_open({"paid_twice": 2})
    first.ticked(1_795_446_000.0)
    assert b'payments_first_learned_total{how="callback"} 1.0' in first.render()
    assert b'payments_vipps_seconds_count{operation="capture",outcome="ok"} 1.0' in first.render()
    assert (
        b'payments_event_service_seconds_count{operation="release",outcome="unknown"} 1.0' in first.render()
    )
    assert b'payments_attention_open{code="paid_twice"} 2.0' in first.render()
    assert b'payments_first_learned_total{how="callback"} 0.0' in second.render()
    with pytest.raises(ValueError, match="unknown way"):
        first.first_learned("gossip")


def test_workers_answer_for_each_other() -> None:
    program = (
        "import os, subprocess, sys\n"
        "from payments_service.metrics import share_between_workers\n"
        "share_between_workers(2)\n"
        "worker = 'from payments_service.metrics import Metrics; m = Metrics(); '\n"
        "worker += 'm.first_learned(\"poll\"); m.ticked(5.0); '\n"
        "for more in ('', 'print(m.render().decode())'):\n"
        "    subprocess.run([sys.executable, '-c', worker + more], check=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert 'payments_first_learned_total{how="poll"} 2.0' in done.stdout
    assert "payments_last_tick_timestamp_seconds 5.0" in done.stdout
