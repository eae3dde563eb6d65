"""The composition root: the only place that names concrete backends."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial

from app.brokers.base import Broker
from app.brokers.circle import Circle
from app.brokers.connection import RedisLink
from app.brokers.memory import MemoryBroker
from app.brokers.redis import RedisBroker
from app.brokers.tickets import RedisTickets
from app.domain import certificates, channel, places
from app.domain.accounts import Accounts, Lives
from app.domain.audit import Audit
from app.domain.connections import Connections, LocalConnections
from app.domain.desk import Desk
from app.domain.dispatch import Dispatch
from app.domain.freshness import Freshness
from app.domain.hub import Hub
from app.domain.ingest import Ingest
from app.domain.places import Places
from app.domain.recovery import Recovery
from app.domain.shared_connections import SharedConnections
from app.domain.shared_places import SharedPlaces
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
from app.protocol.conversation import Rules
from app.protocol.quota import Rate
from app.protocol.topics import Grant
from app.settings import Settings
from app.storage.base import Committed, Retention, Store
from app.storage.postgres.store import PostgresStore
from app.storage.sqlite.store import SqliteStore
from auth.key_sets import PublicKey
from auth.principal import Principal
from auth.revocation import Revocations
from auth.tickets import MemoryTickets, Tickets
from auth.tokens import TokenVerifier
from auth.verified import VerifiedTokens

Work = Callable[[], Coroutine[None, None, None]]
STORE_CAPACITY = 20_000
"""Drafts that may wait for a commit; more are refused as unavailable."""
RING_BYTES = 8 * 1024 * 1024
"""Frames held per tenant with connections, for those that fall behind."""
TOKENS_REMEMBERED = 20_000
TICKETS_HELD = 10_000
"""More are refused as unavailable; each is gone within half a minute."""


@contextlib.asynccontextmanager
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    """A gateway that works: its store open, its sweep going. At the end it drains and lets go.

    Raise `auth.errors.KeyRingError` when there are no signing keys, `UnavailableError` or
    `NewerSchemaError` when the store cannot be opened.
    """
    keys = Keys(settings)
    revocations = Revocations()
    tokens = VerifiedTokens(keys.verifier, capacity=TOKENS_REMEMBERED, revoked=revocations.revoked)
    identity = _identity(settings, keys.verifier, tokens)
    hub = Hub(channel.Bounds(settings.ring_publications, RING_BYTES))

    def committed(publications: Sequence[Publication]) -> None:
        freshness.heard(publications)
        broker.publish(publications)

    store = _store(settings, committed)
    link = _link(settings)
    broker = _broker(settings, link)
    dispatch = Dispatch(hub, store, broker, lambda tenant: desk.turn_away(tenant))  # noqa: PLW0108  (the desk is made below)
    freshness = Freshness(store, time.time)
    circle = Circle(link) if link else None
    tickets = _tickets(link)
    uses, limits = Uses(store), Limits(settings)
    access = Access(tokens, tickets, uses, partial(certificates.holder, store), identity=identity)

    def renew(token: str, held: Principal, ip: str) -> tuple[Principal, Grant]:
        """A signature to verify, as in a handshake: it counts as one."""
        limits.handshake(ip)
        return access.renewed(token, held)

    seats = Places(_places(settings))
    desk = Desk(hub, Recovery(hub, store, dispatch.refresh), seats, _rules(settings), renew)

    ingest = Ingest(store, time.time, max_ahead=settings.max_clock_ahead)

    def refresh_keys() -> None:
        if keys.refresh():
            tokens.clear()

    upkeep = Upkeep(store, hub, _retention(settings))
    audit = Audit(store, settings.audit_days)
    accounts = Accounts(store, audit, lambda: keys.issuer, _lives(settings), time.time)
    watch = Watch(store, revocations, desk, refresh_keys)
    await watch.look()
    await freshness.begin()
    built = Gateway(
        settings=settings,
        store=store,
        link=link,
        broker=broker,
        dispatch=dispatch,
        hub=hub,
        desk=desk,
        ingest=ingest,
        intake=Intake(answers(ingest, limits, uses)),
        accounts=accounts,
        audit=audit,
        access=access,
        uses=uses,
        tickets=tickets,
        limits=limits,
        connections=_connections(desk, circle),
        statistics=Statistics(hub, circle),
        watch=watch,
        keys=keys,
        upkeep=upkeep,
        freshness=freshness,
    )
    work = [broker.run, dispatch.run, Sweep(desk).run, watch.run, upkeep.run, audit.run]
    work += [uses.run, freshness.run, *(part.run for part in (identity, link, circle) if part)]
    work += _exchanges(link, circle, seats, limits)
    async with _running(work):
        try:
            yield built
        finally:
            await drain(desk, settings.shutdown_grace)
    if link:
        await link.close()
    accounts.close()
    with contextlib.suppress(UnavailableError):
        await audit.flush()
    await uses.flush()
    await store.close()


@contextlib.asynccontextmanager
async def _running(
    work: Iterable[Callable[[], Coroutine[None, None, None]]],
) -> AsyncIterator[None]:
    """In the background, until the block ends. What fails there ends the block, too."""
    async with asyncio.TaskGroup() as background:
        running = [background.create_task(run()) for run in work]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


def _store(settings: Settings, committed: Committed) -> Store:
    url = settings.database_url.get_secret_value()
    if url:
        shared = bool(settings.redis_url.get_secret_value())
        return PostgresStore(url, committed, capacity=STORE_CAPACITY, shared=shared)
    return SqliteStore(settings.database_path, committed, capacity=STORE_CAPACITY)


def _link(settings: Settings) -> RedisLink | None:
    url = settings.redis_url.get_secret_value()
    return RedisLink(url) if url else None


def _broker(settings: Settings, link: RedisLink | None) -> Broker:
    """Nobody but this gateway writes to the embedded store."""
    if link is None or not settings.database_url.get_secret_value():
        return MemoryBroker()
    return RedisBroker(link)


def _tickets(link: RedisLink | None) -> Tickets:
    if link:
        return RedisTickets(link, capacity=TICKETS_HELD)
    return MemoryTickets(capacity=TICKETS_HELD)


def _exchanges(
    link: RedisLink | None, circle: Circle | None, seats: Places, limits: Limits
) -> list[Work]:
    """What keeps the limits of several gateways one."""
    if not (link and circle):
        return []
    return [SharedPlaces(seats, circle).run, SharedRates(limits.storage, link).run]


def _connections(desk: Desk, circle: Circle | None) -> Connections:
    local = LocalConnections(desk)
    return SharedConnections(local, circle) if circle else local


def _identity(
    settings: Settings, verifier: TokenVerifier, tokens: VerifiedTokens
) -> IdentityKeys | None:
    def adopt(keys: Mapping[str, PublicKey]) -> None:
        """What verified before has to verify anew: its key may be gone."""
        verifier.adopt_outside(keys)
        tokens.clear()

    return IdentityKeys(settings, adopt) if settings.identity_issuer else None


def _places(settings: Settings) -> places.Bounds:
    scaled = settings.scaled_count
    return places.Bounds(
        total=scaled(settings.connections_total),
        per_ip=scaled(settings.connections_per_ip),
        per_subject=scaled(settings.connections_per_subject),
        per_tenant=scaled(settings.connections_per_tenant),
    )


def _lives(settings: Settings) -> Lives:
    return Lives(
        access=round(settings.access_token_life),
        idle=round(settings.sign_in_idle_days * 86_400),
        whole=round(settings.sign_in_days * 86_400),
    )


def _retention(settings: Settings) -> Retention:
    return Retention(
        raw_days=settings.retention_raw_days,
        hourly_days=settings.retention_hourly_days,
        daily_days=settings.retention_daily_days,
    )


def _rules(settings: Settings) -> Rules:
    rate = settings.scaled(settings.message_rate_per_connection)
    return Rules(
        heartbeat=settings.heartbeat,
        idle_timeout=settings.idle_timeout,
        slow_timeout=settings.slow_timeout,
        max_topics=settings.max_topics_per_connection,
        max_bad_commands=settings.max_bad_commands,
        max_batch=settings.max_batch,
        max_depth=settings.max_json_depth,
        message_rate=Rate(burst=2 * rate.amount, interval=rate.get_expiry() / rate.amount),
    )
