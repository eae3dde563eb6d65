"""One JSON object a line: `event` first, then what belongs to it.

Tokens, tickets, cookies and bodies are never handed to a logger: the tests grep for a canary.
"""

import io
import logging
import os
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog


def configure(level: str, output: TextIO) -> None:
    """For the whole process, uvicorn's and other libraries' warnings included.

    A service's `output` is stdout, which filters read; of a command that is its result's.
    """
    threshold = logging.getLevelNamesMapping()[level]
    stream = _Unfailing(output.fileno())
    structlog.configure(
        processors=[*_shared(), _render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),  # type: ignore[arg-type]  # it is only written to
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _Unfailing(io.TextIOBase):
    """A file that may stand on a full disk: what cannot be written is lost, and no caller hears of
    it. Raising would end the gateway, and leave without an answer whoever waits for one.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._cut = b""

    def write(self, text: str) -> int:
        """Whole lines. One that was cut by the end of the disk ends where the next begins."""
        line = self._cut + text.encode(errors="backslashreplace")
        try:
            written = os.write(self._descriptor, line)
        except OSError:
            return len(text)
        self._cut = b"" if written == len(line) else b"\n"
        return len(text)


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
