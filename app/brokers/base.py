"""What the gateway asks of a broker. Both of them pass `tests/brokers/test_broker.py`."""

from collections.abc import Callable, Sequence
from typing import Protocol

from app.histogram import Histogram
from app.model import Publication

Received = Callable[[Sequence[Publication]], None]
"""Called on the event loop with publications of one tenant; those of one commit are ascending."""


class Broker(Protocol):
    """Tells every gateway at once what one of them committed.

    It is a messenger: what it loses, repeats or brings in another order, `app.domain.dispatch` puts
    right from the store.
    """

    @property
    def shared(self) -> bool:
        """Whether other gateways may publish as well."""

    @property
    def up(self) -> bool:
        """Whether what others publish from now on comes here, as far as is known."""

    @property
    def waiting(self) -> int:
        """Publications that are not sent to the others yet."""

    sent: int
    unsent: int
    """Publications that only the store tells the others of."""
    received: int
    """Publications of others."""
    lag: Histogram
    """From when the broker was told of what others kept, by its clock, until it came here."""

    def publish(self, publications: Sequence[Publication]) -> None:
        """Hand on what one commit kept, to this gateway before it returns. Never fails."""

    async def follow(self, tenant: str, received: Received) -> None:
        """What anybody publishes of this tenant is received once this has returned."""

    def forget(self, tenant: str) -> None:
        """No more of it is received, unless it is followed again."""

    async def run(self) -> None:
        """Carry, until cancelled."""


def by_tenant(publications: Sequence[Publication]) -> dict[str, list[Publication]]:
    sorted_: dict[str, list[Publication]] = {}
    for publication in publications:
        sorted_.setdefault(publication.tenant, []).append(publication)
    return sorted_
