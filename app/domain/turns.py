"""What a turn of an alarm makes of the alert that is kept, and how it is told."""

import secrets
from typing import NamedTuple

import msgspec

from app.domain.notice import draft_of
from app.iaq.alarm import Turn
from app.iaq.rules import Rule, Side
from app.model import RoutingKey, Topic
from app.storage.base import Draft
from app.storage.records import alerts
from app.storage.records.alerts import Alert
from app.storage.sql import Sql

Subject = tuple[str, Side]
"""Quantity, and past which side."""


class Turned(NamedTuple):
    """What a value has changed."""

    draft: Draft
    """The measurement."""
    value: float
    rule: Rule | None
    """That stands now; None: it is over."""


def note(sql: Sql, subject: Subject, turned: Turned) -> Alert | None:
    """Keep the turn; the answer is the alert to publish, None where another gateway was first."""
    draft, (quantity, side) = turned.draft, subject
    sensor_id = draft.key.sensor_id or ""
    before = alerts.standing(sql, draft.tenant, sensor_id, quantity, side)
    if turned.rule is None:
        return before and _changed(sql, before, turned, Turn.RESOLVED)
    if before is None:
        return _raised(sql, subject, turned, turned.rule)
    rule = turned.rule
    same = (before.severity, before.threshold) == (rule.severity, rule.threshold)
    return None if same else _changed(sql, before, turned, Turn.UPDATED)


def _raised(sql: Sql, subject: Subject, turned: Turned, rule: Rule) -> Alert | None:
    draft, (quantity, side) = turned.draft, subject
    alert = Alert(
        id=f"{draft.time_ms:011x}{secrets.token_hex(6)}",
        tenant=draft.tenant,
        sensor_id=draft.key.sensor_id or "",
        enseigne=draft.key.enseigne or "",
        salle=draft.key.salle or "",
        quantity=quantity,
        side=side,
        rule=rule.id,
        severity=rule.severity,
        threshold=rule.threshold,
        value=turned.value,
        state=Turn.RAISED,
        raised_ms=draft.time_ms,
        changed_ms=draft.time_ms,
    )
    return alert if alerts.raise_(sql, alert) else None


def _changed(sql: Sql, before: Alert, turned: Turned, turn: Turn) -> Alert | None:
    """What is worse than it was acknowledged for is to be acknowledged anew."""
    rule, alert = turned.rule, before
    if rule is not None:
        worse = rule.severity.rank > before.severity.rank
        alert = msgspec.structs.replace(
            before, rule=rule.id, severity=rule.severity, threshold=rule.threshold
        )
        if worse:
            alert = msgspec.structs.replace(alert, acknowledged_by=None, acknowledged_ms=None)
    alert = msgspec.structs.replace(
        alert, state=turn, value=turned.value, changed_ms=turned.draft.time_ms
    )
    return alert if alerts.change(sql, alert) else None


def draft(alert: Alert, now_ms: int) -> Draft:
    key = RoutingKey(Topic.ALERTS, alert.enseigne, alert.salle, alert.sensor_id)
    return draft_of(alert.tenant, key, alerts.told(alert), alert.changed_ms, now_ms)
