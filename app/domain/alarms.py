"""Raises, changes and resolves alerts as a tenant's rules say, by what this gateway keeps.

What stands is in the store: a restart raises nothing twice, and of several gateways one alone tells
of each turn. A sensor that falls silent resolves nothing, and a backlog raises nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from math import inf

import structlog

from app.domain import turns
from app.domain.rulebook import Band, Rulebook
from app.domain.turns import Subject, Turned
from app.errors import UnavailableError
from app.iaq.alarm import Alarm, Turn
from app.iaq.rules import Rule, Side
from app.storage.base import APPENDED_AT_ONCE, DAY_MS, Draft, Store
from app.storage.records import alerts, documents
from app.storage.records.alerts import Alert
from app.storage.records.documents import Kind
from app.storage.sql import Sql

LOOK_EVERY = 2.0
"""Seconds: how late rules that were changed, and what other gateways told, are known."""
MOST_WATCHED = 50_000
"""Sensors that are near an alert or have one; of one more nothing is told."""
MOST_LEFT = 1_000
"""Alerts that another gateway did not come to tell, taken over at one look."""
KEPT_DAYS = 365
"""Alerts that have ended."""
PRUNE_EVERY_MS = 3_600_000

Name = tuple[str, str]
"""Tenant and sensor id."""
_NO_RULES = Band(-inf, inf, dict.fromkeys(Side, ()))

log = structlog.get_logger()


class Alarms:
    """`clock` gives wall time in seconds; `announce` is told of what turned, as it is noted."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        announce: Callable[[Sql, Alert], None] = lambda *_: None,
    ) -> None:
        self._store = store
        self._announce = announce
        self._clock = clock
        self.rulebook = Rulebook()
        self._watched: dict[Name, dict[Subject, Alarm]] = {}
        self._turned: dict[tuple[Name, Subject], Turned] = {}
        self._untold: list[Alert] = []
        """Noted here, and not published yet."""
        self._left = frozenset[Alert]()
        """Noted by any gateway, and not published at the last look."""
        self._publishing = asyncio.Lock()
        self._woken = asyncio.Event()
        self._prune_ms = 0
        self.told: Counter[Turn] = Counter()
        self.unwatched = 0
        """Values past a threshold, of sensors beyond `MOST_WATCHED`."""

    @property
    def watched(self) -> int:
        """Sensors."""
        return len(self._watched)

    async def run(self) -> None:
        """Until cancelled. While the store does not answer, what turned waits."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY)
            self._woken.clear()
            try:
                await self.tell()
                await self.look()
            except UnavailableError:
                log.warning("alerts wait for the store")
                await asyncio.sleep(LOOK_EVERY)

    def heard(self, draft: Draft) -> None:
        """A measurement that was kept just now."""
        reading, key = draft.reading, draft.key
        if reading is None or draft.backlog:
            return
        bands = self.rulebook.bands(draft.tenant, key.enseigne or "", key.salle or "")
        watched = self._watched.get((draft.tenant, key.sensor_id or ""))
        for quantity, value in reading.values.items():
            band = bands.get(quantity, _NO_RULES)
            if watched is not None or not band.low <= value <= band.high:
                self._see(draft, quantity, value, band)

    async def tell(self) -> None:
        """Note what turned, and publish what of it is news. Raise `UnavailableError`."""
        await self._publish()
        turned, self._turned = self._turned, {}
        if not turned:
            return
        try:
            noted = await self._store.transact(partial(self._note, turned=turned))
        except UnavailableError:
            self._turned = turned | self._turned
            raise
        for alert in noted:
            self.told[alert.state] += 1
        self._untold += noted
        await self._publish()

    async def look(self) -> None:
        """Take over rules, what others told, and what they left. Raise `UnavailableError`."""
        versions, standing, untold = await self._store.consult(
            lambda sql: (
                documents.versions(sql, Kind.RULES),
                alerts.open_ones(sql, MOST_WATCHED),
                alerts.untold(sql, MOST_LEFT),
            )
        )
        if versions != self.rulebook.versions:
            kept = await self._store.consult(lambda sql: documents.of_kind(sql, Kind.RULES))
            self.rulebook.take(kept)
        self._adopt(standing)
        await self._tell_what_was_left(frozenset(untold).difference(self._untold))
        await self._prune()

    async def acknowledge(self, tenant: str, alert_id: str, person: str) -> Alert:
        """Raise `NotFoundError`, or `ConflictError` for one that has ended."""
        now_ms = self._now_ms()
        alert, news = await self._store.transact(
            lambda sql: alerts.acknowledge(sql, tenant, alert_id, person, now_ms)
        )
        if news:
            self._untold.append(alert)
            await self._publish()
        return alert

    def _see(self, draft: Draft, quantity: str, value: float, band: Band) -> None:
        name = (draft.tenant, draft.key.sensor_id or "")
        its = self._watched.get(name, {})
        for side, rules in band.rules.items():
            alarm = its.get((quantity, side)) or Alarm()
            if alarm.see(rules, value, draft.time_ms):
                self._turned[name, (quantity, side)] = Turned(draft, value, alarm.standing)
                self._woken.set()
            if alarm.idle:
                its.pop((quantity, side), None)
            else:
                its[quantity, side] = alarm
        self._watch(name, its)

    def _watch(self, name: Name, its: dict[Subject, Alarm]) -> None:
        if not its:
            self._watched.pop(name, None)
        elif name in self._watched or len(self._watched) < MOST_WATCHED:
            self._watched[name] = its
        else:
            self.unwatched += 1

    def _adopt(self, standing: Iterable[Alert]) -> None:
        """What turned here and is not noted yet is newer than what is kept."""
        kept = {
            ((each.tenant, each.sensor_id), (each.quantity, each.side)): each for each in standing
        }
        for name, its in list(self._watched.items()):
            for subject, alarm in list(its.items()):
                ended = alarm.standing and (name, subject) not in kept
                if ended and (name, subject) not in self._turned:
                    del its[subject]
            self._watch(name, its)
        for (name, subject), alert in kept.items():
            its = self._watched.get(name, {})
            known = subject in its and its[subject].standing
            if not known and (name, subject) not in self._turned:
                its[subject] = Alarm(self._rule(alert))
                self._watch(name, its)

    def _rule(self, alert: Alert) -> Rule:
        """As it is now; one that is there no more ends with the next value."""
        rules = self.rulebook.of(alert.tenant).rules
        found = next((rule for rule in rules if rule.id == alert.rule), None)
        gone = Rule(alert.rule, alert.quantity, alert.side, alert.threshold, alert.severity)
        return found or gone

    async def _publish(self) -> None:
        """Who acknowledges comes to it while another publishes: one after the other."""
        async with self._publishing:
            while self._untold:
                batch = tuple(self._untold[:APPENDED_AT_ONCE])
                now_ms = self._now_ms()
                await self._store.append([turns.draft(alert, now_ms) for alert in batch])
                del self._untold[: len(batch)]
                await self._store.transact(partial(alerts.mark_told, published=batch))

    async def _tell_what_was_left(self, untold: frozenset[Alert]) -> None:
        """Publish alerts that some gateway noted and ended before it published them.

        They are those of two looks in a row: at one, their own gateway may be just about to.
        """
        left, self._left = untold & self._left, untold
        if left:
            log.info("alerts are told that another gateway noted", count=len(left))
            self._untold += sorted(left, key=lambda alert: alert.changed_ms)
            await self._publish()

    async def _prune(self) -> None:
        now_ms = self._now_ms()
        if now_ms >= self._prune_ms:
            ended_ms = now_ms - KEPT_DAYS * DAY_MS
            pruned = await self._store.transact(lambda sql: alerts.prune(sql, ended_ms))
            self._prune_ms = now_ms + (0 if pruned else PRUNE_EVERY_MS)

    def _note(self, sql: Sql, turned: dict[tuple[Name, Subject], Turned]) -> list[Alert]:
        """Those of which there is something to tell."""
        noted = [turns.note(sql, subject, each) for (_, subject), each in turned.items()]
        told = [alert for alert in noted if alert]
        for alert in told:
            self._announce(sql, alert)
        return told

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)
