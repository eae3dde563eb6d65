"""The composition root: every part of a gateway, joined, and its life."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial

from app.backends import Backends, Work, open_backends
from app.bounds import lives_of, retention_of, rules_of, slots_of
from app.domain import certificates, channel
from app.domain.accounts import Accounts
from app.domain.alarms import Alarms
from app.domain.audit import Audit
from app.domain.connections import LocalConnections
from app.domain.desk import Desk
from app.domain.dispatch import Dispatch
from app.domain.freshness import Freshness
from app.domain.hub import Hub
from app.domain.ingest import Ingest
from app.domain.notifier import Notifier
from app.domain.recovery import Recovery
from app.domain.shared_connections import SharedConnections
from app.domain.shared_slots import SharedSlots
from app.domain.slots import Slots
from app.domain.stats import Statistics
from app.domain.stream import Intake
from app.domain.sweep import Sweep, drain
from app.domain.upkeep import Upkeep
from app.domain.uses import Uses
from app.domain.watch import Watch
from app.edge.access import Access
from app.edge.gateway import Gateway
from app.edge.identity import IdentityKeys
from app.edge.ingest import answers
from app.edge.keys import Keys
from app.edge.limits import Limits
from app.edge.shared_rates import SharedRates
from app.errors import UnavailableError
from app.model import Publication
from app.outlets.base import Email, Outlet, Send, Webhook
from app.outlets.mail import Mail
from app.outlets.webhook import Webhooks
from app.protocol.topics import Grant
from app.settings import Settings
from app.traces import OtlpTraces, Traces, Untraced
from auth.key_sets import PublicKey
from auth.principal import Principal
from auth.revocation import Revocations
from auth.tokens import TokenVerifier
from auth.verified import VerifiedTokens

RING_BYTES = 8 * 1024 * 1024
"""Frames held per tenant with connections, for those that fall behind."""
TOKENS_REMEMBERED = 20_000


@contextlib.asynccontextmanager
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    """A gateway that works: its store open, its sweep going. At the end it drains and lets go.

    Raise `auth.errors.KeyRingError` when there are no signing keys, `UnavailableError` or
    `NewerSchemaError` when the store cannot be opened.
    """
    built, backends, work = _assembled(settings)
    await built.watch.look()
    await built.freshness.begin()
    await built.alarms.look()
    async with _running(work):
        try:
            yield built
        finally:
            await drain(built.desk, settings.shutdown_grace)
    built.accounts.close()
    with contextlib.suppress(UnavailableError):
        await built.audit.flush()
    await built.uses.flush()
    await backends.close()
    await asyncio.to_thread(built.traces.close)


def _assembled(settings: Settings) -> tuple[Gateway, Backends, list[Work]]:
    """The parts, and what each does in the background."""
    keys, revocations = Keys(settings), Revocations()
    tokens = VerifiedTokens(keys.verifier, capacity=TOKENS_REMEMBERED, revoked=revocations.revoked)
    identity = _identity(settings, keys.verifier, tokens)
    hub = Hub(channel.Bounds(settings.ring_publications, RING_BYTES))
    limits, traces = Limits(settings), _traces(settings)

    def committed(publications: Sequence[Publication]) -> None:
        freshness.heard(publications)
        broker.publish(publications)

    backends = open_backends(settings, committed)
    store, broker, cluster = backends.store, backends.broker, backends.cluster
    freshness, uses = Freshness(store, time.time), Uses(store)
    audit = Audit(store, settings.audit_days)
    known = partial(certificates.holder, store)
    access = Access(tokens, backends.tickets, uses, known, identity=identity)

    def renew(token: str, held: Principal, ip: str) -> tuple[Principal, Grant]:
        """A signature to verify, as in a handshake: it counts as one."""
        limits.handshake(ip)
        return access.renewed(token, held)

    def refresh_keys() -> None:
        if keys.refresh():
            tokens.clear()

    dispatch = Dispatch(hub, store, broker, traces=traces)
    slots = Slots(slots_of(settings))
    desk = Desk(hub, Recovery(hub, store, dispatch.refresh), slots, rules_of(settings), renew)
    dispatch.replaced = desk.turn_away
    local = LocalConnections(desk)
    notifier = Notifier(store, _senders(settings))
    alarms = Alarms(store, time.time, notifier.announce)
    ahead = settings.max_clock_ahead
    ingest = Ingest(store, time.time, max_ahead=ahead, stored=alarms.heard, traces=traces)
    built = Gateway(
        settings=settings,
        store=store,
        link=backends.link,
        broker=broker,
        dispatch=dispatch,
        hub=hub,
        desk=desk,
        ingest=ingest,
        intake=Intake(answers(ingest, limits, uses, traces)),
        accounts=Accounts(store, audit, lambda: keys.issuer, lives_of(settings), time.time),
        audit=audit,
        access=access,
        uses=uses,
        tickets=backends.tickets,
        limits=limits,
        connections=SharedConnections(local, cluster) if cluster else local,
        statistics=Statistics(hub, cluster),
        watch=Watch(store, revocations, desk, refresh_keys),
        keys=keys,
        upkeep=Upkeep(store, hub, retention_of(settings)),
        freshness=freshness,
        alarms=alarms,
        notifier=notifier,
        traces=traces,
    )
    work = [*backends.work, *_work(built, identity), Sweep(desk).run]
    return built, backends, work + _exchanges(backends, slots, limits)


def _senders(settings: Settings) -> dict[type[Outlet], Send]:
    senders: dict[type[Outlet], Send] = {Webhook: Webhooks(private=settings.webhooks_private)}
    server = settings.smtp_url.get_secret_value()
    if server:
        senders[Email] = Mail(server, settings.mail_from)
    return senders


def _traces(settings: Settings) -> Traces:
    endpoint = settings.otel_exporter_otlp_endpoint
    return OtlpTraces(endpoint, settings.otel_traces_sampler_arg) if endpoint else Untraced()


def _work(built: Gateway, identity: IdentityKeys | None) -> list[Work]:
    parts = (built.dispatch, built.watch, built.upkeep, built.audit, built.uses, built.freshness)
    return [part.run for part in (*parts, built.alarms, built.notifier, identity) if part]


def _exchanges(backends: Backends, slots: Slots, limits: Limits) -> list[Work]:
    """What keeps the limits of several gateways one."""
    if not (backends.link and backends.cluster):
        return []
    return [
        SharedSlots(slots, backends.cluster).run,
        SharedRates(limits.storage, backends.link).run,
    ]


def _identity(
    settings: Settings, verifier: TokenVerifier, tokens: VerifiedTokens
) -> IdentityKeys | None:
    def adopt(keys: Mapping[str, PublicKey]) -> None:
        """What verified before has to verify anew: its key may be gone."""
        verifier.adopt_outside(keys)
        tokens.clear()

    return IdentityKeys(settings, adopt) if settings.identity_issuer else None


@contextlib.asynccontextmanager
async def _running(work: Iterable[Work]) -> AsyncIterator[None]:
    """In the background, until the block ends. What fails there ends the block, too."""
    async with asyncio.TaskGroup() as background:
        running = [background.create_task(run()) for run in work]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
