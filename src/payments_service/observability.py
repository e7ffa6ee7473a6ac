"""How the service logs: one structured line a happening, ids and amounts in it, never people or secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
#: A key is split into words: `payer_name` and `Authorization-Header` are caught, `hostname` is not.
_SENSITIVE_WORDS = frozenset(
    {
        "authorization",
        "body",
        "claims",
        "cookie",
        "cookies",
        "email",
        "jwt",
        "mail",
        "mobile",
        "name",
        "names",
        "password",
        "passwords",
        "payload",
        "phone",
        "phones",
        "secret",
        "secrets",
        "token",
        "tokens",
        "apikey",
        "headers",
        "dsn",
    }
)
_SENSITIVE_KEYS = frozenset({"api_key", "database_url", "callback_secret", "idempotency_key"})
_DEEPEST = 6
#: Loggers of libraries that speak of every call, and of URLs with ids of people in them.
_TALKATIVE = ("httpx", "httpcore", "apscheduler", "asyncio", "alembic")


def _wants_colours() -> bool:
    """Only for a person at a terminal who has not asked to be spared (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def configure_logging(*, log_format: Literal["json", "console"] = "json", log_level: str = "INFO") -> None:
    """Sends structlog and the standard library's logging through one chain to standard output.

    Called once by a command, with `settings.log_format` and `settings.log_level`; uvicorn is started with
    `log_config=None, access_log=False`.
    """
    for_machines = log_format == "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        # Before anything looks into values: the standard library's `exc_info` is a tuple like any other.
        describe_exception if for_machines else structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if for_machines
        else structlog.dev.ConsoleRenderer(colors=_wants_colours())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[log_level]),
        cache_logger_on_first_use=False,
    )
    handler = StandardOutput()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    _take_over(handler, log_level)


def _take_over(handler: logging.Handler, log_level: str) -> None:
    """Makes `handler` the only one, also of loggers that libraries have set up for themselves."""
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(log_level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class StandardOutput(logging.Handler):
    """Whatever becomes of standard output (closed, a full disk, a reader gone): payments go on."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream: TextIO | None = sys.stdout  # looked up each time: it may have been replaced since
            if stream is not None:
                stream.write(self.format(record) + "\n")
                stream.flush()
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """There is no other place to complain in."""


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Last line of defence: what is logged should not have such keys in the first place."""
    return {key: value if key == "event" else _clean(key, value, 0) for key, value in event.items()}


def _clean(key: object, value: Any, depth: int) -> Any:
    if isinstance(key, str) and _is_sensitive(key):
        return REDACTED
    if isinstance(value, Mapping):
        return (
            {inner: _clean(inner, item, depth + 1) for inner, item in value.items()}
            if depth < _DEEPEST
            else "…"
        )
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_clean(None, item, depth + 1) for item in value]
    return value


def _is_sensitive(key: str) -> bool:
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower())
    return key.lower() in _SENSITIVE_KEYS or not _SENSITIVE_WORDS.isdisjoint(words)


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Kinds and places of an exception, without its message: that may quote a body, a row or a name."""
    exc_info = event.pop("exc_info", None)
    error = (
        sys.exc_info()[1] if exc_info is True else exc_info[1] if isinstance(exc_info, tuple) else exc_info
    )
    if isinstance(error, BaseException):
        event["exception"] = list(_chain(error))
    return event


def _chain(error: BaseException) -> list[dict[str, object]]:
    """The exception and what caused it, newest first, at most five."""
    found: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(found) < 5:
        kind = f"{type(current).__module__}.{type(current).__qualname__}"
        found.append({"kind": kind, "at": _places(current.__traceback__)})
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return found


def _places(trace: TracebackType | None) -> list[str]:
    """The innermost twelve calls; file names without the folders of one machine."""
    frames = traceback.extract_tb(trace)[-12:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
