"""One JSON object a line on stderr: `event` first, then what belongs to it.

Tokens, tickets, cookies and bodies are never handed to a logger: the tests grep for a canary.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(level: str) -> None:
    """For the whole process, uvicorn's and other libraries' warnings included."""
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[*_shared(), _render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


_to_json = structlog.processors.JSONRenderer(ensure_ascii=False)


def _render(logger: Any, name: str, event: MutableMapping[str, Any]) -> str | bytes:
    first = {"timestamp": event.pop("timestamp", None), "event": event.pop("event", None)}
    return _to_json(logger, name, {**first, **event})
