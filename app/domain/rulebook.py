"""The rules of every tenant as the gateway goes by them: which concern a place, and what is well.

Of nearly every value nothing is to be told, and that is found by two comparisons.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

import msgspec
import structlog

from app.iaq.rules import DEFAULT_RULES, Rule, Side
from app.storage.records.documents import Document

MOST_RULES = 200
"""A tenant may have."""
PLACES_HELD = 20_000
"""Places whose rules are held ready; of more they are looked for anew."""

log = structlog.get_logger()


class Rules(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A tenant's, as its people write them; none at all is allowed, and means silence."""

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for too many, or two of one name."""
        if len(self.rules) > MOST_RULES:
            raise ValueError(f"rules: at most {MOST_RULES}")
        if len({rule.id for rule in self.rules}) < len(self.rules):
            raise ValueError("rules: each has an id of its own")


DEFAULTS = Rules(DEFAULT_RULES)
_DECODER = msgspec.json.Decoder(Rules)


@dataclass(frozen=True, slots=True)
class Band:
    """The rules for one quantity at one place; from `low` to `high` a value is past none."""

    low: float
    high: float
    rules: Mapping[Side, tuple[Rule, ...]]


Bands = Mapping[str, Band]
"""By quantity."""


class Rulebook:
    def __init__(self) -> None:
        self._own: dict[str, Rules] = {}
        self.versions: dict[tuple[str, str], int] = {}
        """Of the documents that were taken over, by tenant and name."""
        self._bands: dict[tuple[str, str, str], Bands] = {}

    def of(self, tenant: str) -> Rules:
        return self._own.get(tenant, DEFAULTS)

    def bands(self, tenant: str, enseigne: str, salle: str) -> Bands:
        place = (tenant, enseigne, salle)
        known = self._bands.get(place)
        if known is None:
            if len(self._bands) >= PLACES_HELD:
                self._bands.clear()
            concerned = [rule for rule in self.of(tenant).rules if rule.concerns(enseigne, salle)]
            known = self._bands[place] = _bands(concerned)
        return known

    def take(self, documents: Iterable[Document]) -> None:
        """Everybody's, as they are kept now: who is not among them goes by the defaults."""
        documents = list(documents)
        self.versions = {(each.tenant, each.name): each.version for each in documents}
        self._own = {each.tenant: _read(each) for each in documents}
        self._bands.clear()


def _read(document: Document) -> Rules:
    try:
        return _DECODER.decode(document.body)
    except msgspec.MsgspecError:  # a newer gateway's, before an upgrade was taken back
        log.warning("rules cannot be read; the defaults hold", tenant=document.tenant)
        return DEFAULTS


def _bands(rules: Iterable[Rule]) -> Bands:
    by_quantity: dict[str, list[Rule]] = {}
    for rule in rules:
        by_quantity.setdefault(rule.quantity, []).append(rule)
    return {quantity: _band(its) for quantity, its in by_quantity.items()}


def _band(rules: list[Rule]) -> Band:
    sides = {side: tuple(rule for rule in rules if rule.side is side) for side in Side}
    return Band(
        low=max((rule.threshold for rule in sides[Side.BELOW]), default=-inf),
        high=min((rule.threshold for rule in sides[Side.ABOVE]), default=inf),
        rules=sides,
    )
