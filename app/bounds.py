"""What settings bound, in the terms of the parts that keep to it."""

from app.domain import slots
from app.domain.accounts import Lives
from app.protocol.conversation import Rules
from app.protocol.quota import Rate
from app.settings import Settings
from app.storage.base import Retention


def slots_of(settings: Settings) -> slots.Bounds:
    scaled = settings.scaled_count
    return slots.Bounds(
        total=scaled(settings.connections_total),
        per_ip=scaled(settings.connections_per_ip),
        per_subject=scaled(settings.connections_per_subject),
        per_tenant=scaled(settings.connections_per_tenant),
    )


def lives_of(settings: Settings) -> Lives:
    return Lives(
        access=round(settings.access_token_life),
        idle=round(settings.sign_in_idle_days * 86_400),
        whole=round(settings.sign_in_days * 86_400),
    )


def retention_of(settings: Settings) -> Retention:
    return Retention(
        raw_days=settings.retention_raw_days,
        hourly_days=settings.retention_hourly_days,
        daily_days=settings.retention_daily_days,
    )


def rules_of(settings: Settings) -> Rules:
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
