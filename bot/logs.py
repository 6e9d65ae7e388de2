"""Structured logs on standard error: one JSON object a line, or readable text."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import orjson
import structlog

NOISY = ("httpx", "httpcore", "chromadb", "alembic", "watchfiles", "onnxruntime", "sse_starlette")


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
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
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


def _json(values: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(values, default=str).decode()
