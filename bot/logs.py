"""Structured logs on standard error: one JSON object a line, or readable text."""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

# Those of Slack would write whole messages and their headers at lower levels.
NOISY = (
    "aiohttp",
    "alembic",
    "chromadb",
    "httpcore",
    "httpx",
    "onnxruntime",
    "slack_bolt",
    "slack_sdk",
    "sse_starlette",
    "watchfiles",
)
# Slack's tokens, and the addresses that are as good as one.
SECRET = re.compile(
    r"\bx(?:ox[a-z]|app)(?:\.xox[a-z])?-[A-Za-z0-9-]+|(?<=ticket=)[^&\s\"']+|(?<=/actions/)[^\s\"']+|(?<=hooks\.slack\.com/)[^\s\"']+"
)


def configure_logs(level: str, form: str) -> None:
    """Sends structlog and the standard library's loggers the same way. `form` is "json" or "text"."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,  # The level is asked of the root logger, so a cached one can be set anew.
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, without_secrets, structlog.processors.JSONRenderer(_json)]
        if form == "json"
        else [
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def without_secrets(_: Any, __: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blacks out what in a log line is a secret; whatever wrote it there."""
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = SECRET.sub("…", value)
    return values


def _json(values: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(values, default=str).decode()
