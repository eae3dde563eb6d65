"""OpenTelemetry traces from ingest to delivery, where an endpoint is set; else nothing is imported.

A context travels as the text of W3C Trace Context's `traceparent` (level 1, section 3.2). What a
device sends of it names the trace and decides nothing: which traces are kept, chance decides and
our share, not a flag or an id that a device can choose.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from random import random
from typing import Protocol

TIMEOUT = 3
"""Seconds for the collector to answer; what it does not take is counted as failed."""
WAITING = 2_048
"""Spans that may wait to be sent; beyond it the oldest are let go of."""

_NOTHING = nullcontext("")


class Traces(Protocol):
    sent: Counter[str]
    """Spans by outcome: `begun`, `exported`, `failed`."""

    def begin(self, name: str, said: str) -> AbstractContextManager[str]:
        """A trace, or our part of the one that the other side says; gives its context, or none.

        What is said may be anything.
        """

    def span(self, name: str, context: str) -> AbstractContextManager[str]:
        """A span around the block, in what `begin` gave; nothing where that is empty."""

    def close(self) -> None:
        """Send what waits; takes up to `TIMEOUT`."""


class Untraced:
    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    def begin(self, name: str, said: str) -> AbstractContextManager[str]:  # noqa: ARG002  (the other's interface)
        return _NOTHING

    span = begin

    def close(self) -> None:
        pass


class UntraceableError(Exception):
    def __init__(self) -> None:
        super().__init__("traces need more: python3 -m scripts.setup traces")


class OtlpTraces:
    """To `endpoint`, over HTTP; `share` of the traces, 0 to 1."""

    def __init__(self, endpoint: str, share: float) -> None:
        """Raise `UntraceableError` where OpenTelemetry is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError as error:
            raise UntraceableError from error
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._share = share
        sent = self.sent = Counter[str]()

        class Counted(OTLPSpanExporter):
            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                result = super().export(spans)
                good = result is SpanExportResult.SUCCESS
                sent["exported" if good else "failed"] += len(spans)
                return result

        exporter = Counted(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT)
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": "iaqverse-gateway"}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=WAITING))
        self._tracer = self._provider.get_tracer("iaqverse")
        self._contexts = TraceContextTextMapPropagator()

    def begin(self, name: str, said: str) -> AbstractContextManager[str]:
        return self._span(name, said) if random() < self._share else _NOTHING  # noqa: S311  (no secret)

    def span(self, name: str, context: str) -> AbstractContextManager[str]:
        return self._span(name, context) if context else _NOTHING

    @contextmanager
    def _span(self, name: str, parent: str) -> Iterator[str]:
        """Of an error the kind is told, and not what it says."""
        context = self._contexts.extract({"traceparent": parent})
        with self._tracer.start_as_current_span(
            name, context=context, record_exception=False, set_status_on_exception=False
        ) as span:
            self.sent["begun"] += 1
            carrier: dict[str, str] = {}
            self._contexts.inject(carrier)
            try:
                yield carrier["traceparent"]
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    def close(self) -> None:
        self._provider.shutdown()
