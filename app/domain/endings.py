"""Why the last connections ended, for whoever has to explain it to somebody."""

import heapq
from collections import OrderedDict, deque
from itertools import chain

import msgspec

HELD = 100
"""Per tenant: the oldest makes room."""
TENANTS = 500
"""At this many, the tenant whose connections ended longest ago is forgotten (some 20 MB in all)."""


class Ending(msgspec.Struct, frozen=True):
    """As it is told. Times are wire times."""

    id: str
    tenant: str
    subject: str
    role: str
    address: str
    since: str
    at: str
    code: int
    reason: str
    """The gateway's own words; those of the client are left out."""


class Endings:
    def __init__(self) -> None:
        self._by_tenant: OrderedDict[str, deque[Ending]] = OrderedDict()
        self.forgotten = 0
        """Tenants, at the bound."""

    def note(self, ending: Ending) -> None:
        held = self._by_tenant.setdefault(ending.tenant, deque(maxlen=HELD))
        held.append(ending)
        self._by_tenant.move_to_end(ending.tenant)
        if len(self._by_tenant) > TENANTS:
            self._by_tenant.popitem(last=False)
            self.forgotten += 1

    def newest(self, tenant: str | None, name: str = "") -> list[Ending]:
        """The last hundred of one tenant, or of all for None, the newest first.

        Of those alone whose subject begins with `name`.
        """
        held = self._by_tenant.values() if tenant is None else [self._by_tenant.get(tenant, ())]
        asked = (each for each in chain.from_iterable(held) if each.subject.startswith(name))
        return heapq.nlargest(HELD, asked, key=lambda ending: ending.at)
