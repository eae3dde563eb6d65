"""What the routes work with. `app.bootstrap` puts it together."""

from dataclasses import dataclass

from app.brokers.base import Broker
from app.brokers.connection import RedisLink
from app.domain.accounts import Accounts
from app.domain.alarms import Alarms
from app.domain.audit import Audit
from app.domain.channel import Channel
from app.domain.connections import Connections
from app.domain.desk import Desk
from app.domain.dispatch import Dispatch
from app.domain.freshness import Freshness
from app.domain.hub import Hub
from app.domain.ingest import Ingest
from app.domain.notifier import Notifier
from app.domain.stats import Statistics
from app.domain.stream import Intake
from app.domain.upkeep import Upkeep
from app.domain.uses import Uses
from app.domain.watch import Watch
from app.edge.access import Access
from app.edge.keys import Keys
from app.edge.limits import Limits
from app.model import Position
from app.settings import Settings
from app.storage.base import Store
from app.traces import Traces
from auth.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Gateway:
    settings: Settings
    store: Store
    link: RedisLink | None
    """To what several gateways share; None for one alone."""
    broker: Broker
    dispatch: Dispatch
    hub: Hub
    desk: Desk
    ingest: Ingest
    intake: Intake
    accounts: Accounts
    audit: Audit
    access: Access
    uses: Uses
    tickets: Tickets
    limits: Limits
    connections: Connections
    statistics: Statistics
    watch: Watch
    keys: Keys
    upkeep: Upkeep
    freshness: Freshness
    alarms: Alarms
    notifier: Notifier
    traces: Traces

    async def channel(self, tenant: str, after: str | None = None) -> Channel:
        """The tenant's channel, come as far as this position if its order does."""
        channel = await self.dispatch.channel(tenant)
        position = Position.parse(after) if after else None
        if position is not None and channel.lags(position):
            await self.dispatch.refresh(tenant)
        return channel
