"""The whole as it is operated: nginx with TLS, workers, Redis, PostgreSQL, and tenants in it."""

import resource
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.model import Publication
from app.protocol.topics import TopicFilter
from app.stack.programs import find_postgres, find_redis
from auth.principal import Role
from bench.crowd.plan import Owed, Plan, Viewer
from bench.crowd.process import Crowd
from bench.peers.base import workplace
from bench.tools import MissingError
from bench.usage import Usage, usage_of
from tests.chaos.kept import seen, stored
from tests.chaos.ledger import Ledger
from tests.chaos.stack import Stack, until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

Kept = Mapping[str, Sequence[Publication]]
"""By tenant, in its order."""
WORKERS = 2
SITES = ("Maison", "Boutique", "École", "Atelier")
TOPICS = ("all", *(f"all:{site}" for site in SITES))
"""A fifth of the dashboards watch everything, the others a site."""
ARRIVING = 300.0
"""Seconds."""
SLOW = 100
"""Each so many reads nothing for seconds, again and again."""


@dataclass(frozen=True, slots=True)
class Operation:
    stack: Stack
    redis: RedisServer
    postgres: PostgresServer
    tenants: Sequence[str]

    def crowd(self, size: int, spread: float) -> Crowd:
        """Dashboards of all tenants, each a person of its own."""
        assert self.stack.authority is not None  # noqa: S101  (the stack has just made one)
        viewers = [self._viewer(number) for number in range(size)]
        port = self.stack.settings.https_port
        return Crowd(Plan(port, self.stack.authority, viewers, spread))

    def usage(self) -> dict[str, Usage]:
        pids = {
            "gateway": self.stack.gateway.pid,
            "nginx": self.stack.nginx.pid,
            "Redis": self.redis.pid,
            "PostgreSQL": self.postgres.pid,
        }
        return {name: usage_of([pid]) for name, pid in pids.items()}

    async def kept(self) -> Kept:
        """What the store keeps now, while all runs."""
        return {tenant: await stored(self.stack, tenant) for tenant in self.tenants}

    def _viewer(self, number: int) -> Viewer:
        rest, which = divmod(number, len(self.tenants))
        tenant, topic = self.tenants[which], TOPICS[rest % len(TOPICS)]
        token = self.stack.token(Role.DASHBOARD, f"dashboard-{number}", tenant)
        return Viewer(tenant, token, topic, slow=number % SLOW == SLOW - 1)


async def arrived(crowd: Crowd) -> None:
    """Until all are there. Raise `MissingError` where this machine is too busy for so many."""
    try:
        await until(lambda: crowd.live == crowd.size, "all have come", ARRIVING)
    except AssertionError as error:
        reason = f"after {ARRIVING:.0f} s {crowd.live} of {crowd.size} dashboards are there"
        raise MissingError(reason) from error


def owed(kept: Kept) -> Owed:
    """What every dashboard has to have."""
    filters = {topic: TopicFilter.parse(topic) for topic in TOPICS}
    return {
        (tenant, topic): array("I", (e.position.sequence for e in each if chosen.matches(e.key)))
        for tenant, each in kept.items()
        for topic, chosen in filters.items()
    }


def misplaced(ledger: Ledger, kept: Kept) -> list[str]:
    """Faults of what is kept: lost, doubled, or not where the receipt said."""
    everything = [one for each in kept.values() for one in seen(each, "measurements")]
    return ledger.faults + ledger.compare_kept(everything)


@contextmanager
def operated(tenants: int, **settings: object) -> Iterator[Operation]:
    """Raise `MissingError` without the programs."""
    programs, broker = find_postgres(), find_redis()
    if programs is None or broker is None:
        raise MissingError("PostgreSQL and Redis are needed")
    raise_file_limit()
    names = [f"tenant-{number}" for number in range(tenants)]
    with (
        workplace() as folder,
        PostgresServer(programs) as postgres,
        RedisServer(broker) as redis,
        Stack(
            folder,
            WORKERS=WORKERS,
            DATABASE_URL=postgres.schema(),
            REDIS_URL=redis.url,
            HANDSHAKE_RATE_PER_IP="10000/minute",  # all of them come from one address
            **settings,
        ) as stack,
    ):
        yield Operation(stack, redis, postgres, names)


def raise_file_limit() -> None:
    """As far as it is allowed: every socket is a file of the client's, and two of nginx's."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
