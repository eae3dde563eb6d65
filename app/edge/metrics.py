"""`GET /metrics` for Prometheus: read from the counts the parts keep anyway, none kept twice.

Labels are from closed sets; no tenant, subject or address stands in one, unless METRICS_SENSORS
asks for the sensors. nginx lets only the
machine itself reach this route.
"""

import shutil
import time
from collections.abc import Iterator
from typing import get_args

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from app.domain.stats import stats
from app.edge.certificate import read_life
from app.edge.gateway import Gateway
from app.histogram import BOUNDS, Histogram
from app.iaq.alarm import Turn
from app.protocol.closes import CloseCode
from auth.errors import Reason

DAY = 86_400
_REASONS: tuple[Reason, ...] = get_args(Reason)
_LABELS = {close.code: close.label for close in CloseCode}


def routes(app: FastAPI, gateway: Gateway) -> None:
    registry = CollectorRegistry()
    registry.register(GatewayCollector(gateway))
    ProcessCollector(registry=registry)

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:  # noqa: ARG001  (every handler takes its request)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class GatewayCollector(Collector):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        yield from self._connections()
        yield from self._ingest()
        yield from self._sensors()
        yield from self._alerts()
        yield from self._delivery()
        yield from self._broker()
        yield from self._store()
        yield from self._upkeep()
        yield from self._refusals()
        yield from self._certificate()
        yield from self._traces()

    def _connections(self) -> Iterator[Metric]:
        desk = self._gateway.desk
        counts = stats(self._gateway.hub, None)
        yield _gauge("connections", "Live sockets.", len(desk.live))
        subscriptions = GaugeMetricFamily(
            "iaqverse_subscriptions", "Sockets by what they subscribe to.", labels=["topic"]
        )
        for topic, count in counts.subscriptions.items():
            subscriptions.add_metric([topic], count)
        yield subscriptions
        yield _counter("connections_opened", "Sockets accepted.", desk.opened)
        closes = _labelled("connections_closed", "Sockets ended, by close code.", "code")
        for code, count in desk.closes.items():
            closes.add_metric([_LABELS.get(code, str(code))], count)
        yield closes
        forgotten = "Tenants whose ended sockets are listed no more: too many tenants."
        yield _counter("closed_forgotten", forgotten, desk.endings.forgotten)
        intake = self._gateway.intake
        yield _gauge("streams", "Live sockets of devices.", intake.streams)
        yield _gauge("frames_under_way", "Frames of devices not answered.", len(intake.under_way))
        yield _counter("frames_acknowledged", "Frames of devices kept.", intake.acknowledged)
        yield _counter("frames_refused", "Frames of devices not kept.", intake.refused)
        yield _counter("streams_held", "Times a device had too much under way.", intake.held)
        took = "From a handshake that was read to the first message."
        yield _histogram("handshake_seconds", took, desk.handshakes)
        yield _counter("messages_received", "Messages of clients.", desk.received)

    def _ingest(self) -> Iterator[Metric]:
        ingest = self._gateway.ingest
        kept = _labelled("measurements", "Measurements with a receipt, by its status.", "status")
        for status in ("stored", "duplicate"):
            kept.add_metric([status], ingest.kept[status])
        yield kept
        rejected = _labelled(
            "measurements_rejected", "Measurements with an error of their own, by its code.", "code"
        )
        for code, count in ingest.rejected.items():
            rejected.add_metric([code], count)
        yield rejected
        took = "From a request or frame that was read to its answer."
        yield _histogram("ingest_seconds", took, ingest.took)
        yield _counter("measurements_backlog", "Measurements stored as backlog.", ingest.backlog)
        yield _counter("clock_jumps", "Jumps of sensors' clocks.", ingest.jumps.count)
        freshness = self._gateway.freshness
        yield _gauge("sensors", "Sensors that speak and are watched.", freshness.watched)
        yield _gauge("sensors_silent", "Of those, the stale ones.", freshness.silent)
        yield _counter(
            "measurements_unwatched", "Measurements of sensors too many.", freshness.unwatched
        )

    def _sensors(self) -> Iterator[Metric]:
        """Where it was asked for: here alone tenants and sensors are named."""
        most = self._gateway.settings.metrics_sensors
        if not most:
            return
        freshness = self._gateway.freshness
        help_ = "Since a sensor was heard; it goes when the sensor is offline."
        silence = GaugeMetricFamily(
            "iaqverse_sensor_silence_seconds", help_, labels=["tenant", "sensor"]
        )
        for name, seconds in freshness.silences(most):
            silence.add_metric(name, seconds)
        yield silence
        untold = max(0, freshness.watched - most)
        yield _gauge("sensors_untold", "Of those watched, the ones without a line.", untold)

    def _alerts(self) -> Iterator[Metric]:
        alarms = self._gateway.alarms
        told = _labelled("alerts", "Turns of alerts that were told here.", "state")
        for turn in Turn:
            told.add_metric([turn], alarms.told[turn])
        yield told
        yield _gauge("sensors_alarming", "Sensors near an alert or with one.", alarms.watched)
        sent = _labelled("alert_deliveries", "Alerts to outlets, by what became.", "outcome")
        for outcome in ("delivered", "failed", "given_up", "dropped"):
            sent.add_metric([outcome], self._gateway.notifier.outcomes[outcome])
        yield sent
        yield _counter("alarms_unwatched", "Values of such sensors, too many.", alarms.unwatched)

    def _delivery(self) -> Iterator[Metric]:
        hub = self._gateway.hub
        yield _counter("publications", "Publications of tenants with readers.", hub.publications)
        yield _counter("deliveries", "Messages written to sockets.", hub.deliveries)
        yield _counter("lagged", "Times a slow socket got a digest.", hub.lagged)
        dropped = _labelled("dropped", "Messages that sockets were not sent, by why.", "cause")
        for cause, count in hub.dropped.items():
            dropped.add_metric([cause], count)
        yield dropped

    def _broker(self) -> Iterator[Metric]:
        broker, dispatch = self._gateway.broker, self._gateway.dispatch
        yield _gauge("broker_up", "Whether what others commit comes here at once.", broker.up)
        yield _gauge("broker_waiting", "Publications that others are not told of.", broker.waiting)
        yield _counter("broker_sent", "Publications that others were told of.", broker.sent)
        yield _counter("broker_unsent", "Publications left to the store to tell.", broker.unsent)
        yield _counter("broker_received", "Publications of others.", broker.received)
        lag = "From the broker's clock, when it was told, to ours, when it came here."
        yield _histogram("broker_lag_seconds", lag, broker.lag)
        yield _gauge("tenants_followed", "Tenants with readers here.", dispatch.followed)
        yield _counter("publications_filled", "Publications read from the store.", dispatch.filled)

    def _store(self) -> Iterator[Metric]:
        writer = self._gateway.store.writer
        yield _gauge("store_waiting", "Drafts that wait for a commit.", writer.waiting)
        yield _counter("store_failed", "Requests that the database did not keep.", writer.failed)
        yield _counter("store_refused", "Requests too many to wait for a commit.", writer.refused)
        yield _histogram("commit_seconds", "A durable commit.", writer.commits)
        disk = shutil.disk_usage(self._gateway.settings.state_dir)
        yield _gauge("disk_free_ratio", "Of the disk with STATE_DIR.", disk.free / disk.total)

    def _upkeep(self) -> Iterator[Metric]:
        upkeep = self._gateway.upkeep
        yield _gauge("store_behind", "Publications that no mean has yet.", upkeep.behind)
        yield _counter("store_pruned", "Publications and means past retention.", upkeep.pruned)
        since = "When the oldest publication kept came in; 0: none, or not looked yet."
        yield _gauge("store_oldest_timestamp_seconds", since, upkeep.since_ms / 1000)

    def _refusals(self) -> Iterator[Metric]:
        gateway = self._gateway
        limits = _labelled("limit_hits", "Requests and handshakes refused, by limit.", "limit")
        for limit, count in (gateway.limits.refused + gateway.desk.slots.refused).items():
            limits.add_metric([limit], count)
        yield limits
        tickets = gateway.tickets
        yield _gauge("tickets", "Tickets for sockets held, the ended among them.", len(tickets))
        yield _counter("tickets_issued", "Tickets for sockets issued.", tickets.issued)
        yield _counter("tickets_refused", "Tickets not issued: too many held.", tickets.refused)
        yield _counter("audit_merged", "Refusals no longer told apart.", gateway.audit.merged)
        accounts = gateway.accounts
        yield _counter("passwords_hashed", "Passwords looked at.", accounts.hashing.done)
        yield _counter("passwords_refused", "Sign-ins too many at once.", accounts.hashing.refused)
        yield _counter("sessions_reused", "Refresh tokens that came twice.", accounts.reused)
        tokens = gateway.access.tokens
        yield _counter("token_uses_missed", "Uses of tokens not noted.", gateway.uses.missed)
        refused = _labelled(
            "tokens_refused", "Tokens that opened no door, by the reason.", "reason"
        )
        for reason in _REASONS:
            refused.add_metric([reason], tokens.refused[reason])
        yield refused
        yield _counter("tokens_recognised", "Tokens verified before.", tokens.hits)
        yield _counter("tokens_verified", "Tokens verified anew.", tokens.misses)
        yield from self._identity()

    def _traces(self) -> Iterator[Metric]:
        spans = _labelled("spans", "Spans of traces, by what became of them.", "outcome")
        for outcome, count in self._gateway.traces.sent.items():
            spans.add_metric([outcome], count)
        yield spans

    def _certificate(self) -> Iterator[Metric]:
        life = read_life(self._gateway.settings.certs_dir / "server.crt")
        if life is None:
            return
        now = time.time()
        yield _gauge("certificate_left_seconds", "Until nginx's ends.", DAY * life.days_left(now))
        yield _gauge("certificate_life_left_ratio", "Of nginx's: alarming at 1/3.", life.left(now))

    def _identity(self) -> Iterator[Metric]:
        identity = self._gateway.access.identity
        if identity is None:
            return
        fetches = _labelled("identity_fetches", "Fetches of the provider's keys.", "outcome")
        for outcome, count in identity.fetches.items():
            fetches.add_metric([outcome], count)
        yield fetches
        yield _gauge("identity_keys_age_seconds", "Since its keys were fetched.", identity.age)


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(f"iaqverse_{name}", help_, value=value)


def _counter(name: str, help_: str, value: float) -> Metric:
    return CounterMetricFamily(f"iaqverse_{name}", help_, value=value)


def _histogram(name: str, help_: str, took: Histogram) -> Metric:
    bounds = [*map(str, BOUNDS), "+Inf"]
    buckets = list(zip(bounds, took.cumulative(), strict=True))
    return HistogramMetricFamily(f"iaqverse_{name}", help_, buckets=buckets, sum_value=took.total)


def _labelled(name: str, help_: str, label: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"iaqverse_{name}", help_, labels=[label])
