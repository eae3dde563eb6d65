"""Replay a recording through the gateway's door, and account for every row of it."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from random import Random

from iaqverse.clock import Clock
from iaqverse.link import Link, Reply, Tell, open_client
from iaqverse.outbox import BATCH, Tally, post_measurements
from iaqverse.verdicts import Verdict, held_back, verdicts
from iaqverse.wire import Place, measurement

from app.demo.recording import Recording, Row, Skipped, read_recording
from app.demo.refusals import Refusal

PATIENCE = 8
"""How many times in a row the gateway may be away before a replay gives up: about a minute."""

_HOPELESS = frozenset({401, 403, 404, 405})
"""No later batch will fare better."""

_SHORTEST_SLEEP = 0.001
"""A rest too small for the clock to move on would be slept for ever."""


@dataclass(slots=True)
class Summary:
    """Every row of the file is in one of its counts."""

    skipped: Sequence[Skipped]
    not_sent: int
    """Rows left when the replay ended early."""
    tally: Tally = field(default_factory=Tally)
    refused: list[Refusal] = field(default_factory=list)
    """By the gateway, in the order of the replay."""
    waits: Counter[str] = field(default_factory=Counter)
    """How often it waited, by reason."""
    ended: str | None = None
    """Why it ended before the file did; None when all was sent."""

    @property
    def sent(self) -> int:
        return self.tally.answered

    @property
    def refusals(self) -> list[Refusal]:
        """Every row that is in no answer as kept, in the order of the file."""
        skipped = [Refusal(each.line, f"skipped: {each.reason}") for each in self.skipped]
        return sorted([*skipped, *self.refused], key=lambda refusal: refusal.line)

    def lines(self) -> list[str]:
        """For people, one count a line."""
        skipped = Counter(each.reason for each in self.skipped)
        counts = {
            "sent": self.sent,
            "stored": self.tally.stored,
            "duplicate": self.tally.duplicate,
            **{f"refused: {code}": number for code, number in self.tally.refused.most_common()},
            **{f"skipped: {reason}": number for reason, number in skipped.most_common()},
            **{f"waited: {reason}": number for reason, number in self.waits.most_common()},
        }
        if self.ended is not None:
            counts[f"not sent: {self.ended}"] = self.not_sent
        return [f"{number:>9,}  {name}" for name, number in counts.items()]


async def run_replay(
    *,
    base_url: str,
    verify: ssl.SSLContext,
    token: str,
    path: Path,
    place: Place,
    stop: asyncio.Event,
    tell: Tell,
    wanted: str | None = None,
    zone: tzinfo | None = None,
    speed: float | None = None,
    shift: bool = False,
    clock: Clock | None = None,
) -> Summary:
    """Send the whole file, or as much as `stop` lets it.

    `speed` None: as fast as the limits allow; 1: at the recording's own pace; N > 0: N times that.
    `shift` moves the times so that the last row is now. `wanted` and `zone` as in `read_recording`,
    whose errors it raises. `tell` gets a line for each note and each new trouble.
    """
    clock = clock or Clock.until(stop)
    recording = read_recording(path, wanted=wanted, zone=zone)
    if recording.without_zone and zone is None:
        tell(
            f"{recording.without_zone} times say no zone and are taken as UTC: --zone says another"
        )
    async with open_client(base_url, verify) as client:
        link = Link(client, token, clock, Random(), tell)  # noqa: S311  (jitter)
        return await _Replay(recording, place, link, stop).run(speed=speed, shift=shift)


class _Replay:
    def __init__(self, recording: Recording, place: Place, link: Link, stop: asyncio.Event) -> None:
        self._rows = recording.rows
        self._place = place
        self._link = link
        self._stop = stop
        self._summary = Summary(recording.skipped, not_sent=len(recording.rows), waits=link.waits)

    async def run(self, *, speed: float | None, shift: bool) -> Summary:
        summary, rows, clock = self._summary, self._rows, self._link.clock
        began = clock.now()
        moved = began - rows[-1].at if rows and shift else 0.0
        done = 0
        while done < len(rows):
            batch = rows[done : done + BATCH]
            if speed is not None:
                reached = rows[0].at + (clock.now() - began) * speed
                batch = tuple(row for row in batch if row.at <= reached)
            if self._stop.is_set():
                summary.ended = "stopped"
                break
            if not batch:
                await clock.sleep(max(_SHORTEST_SLEEP, (rows[done].at - reached) / (speed or 1)))
                continue
            if (reply := await self._send(batch, moved)) is None:
                break
            done += len(batch)
            if reply.status in _HOPELESS:
                summary.ended = reply.code
                break
        return summary

    async def _send(self, batch: Sequence[Row], moved: float) -> Reply | None:
        """Until it is answered; None when the replay has to end unanswered."""
        link, summary = self._link, self._summary
        while True:
            items = [measurement(self._place, row.at + moved, row.values) for row in batch]
            reply = await post_measurements(link, items)
            if reply is not None:
                decided = verdicts(len(items), reply)
                self._count(batch, decided)
                batch = held_back(batch, decided)
                if not batch:
                    return reply
            if self._stop.is_set():
                summary.ended = "stopped"
                return None
            if link.failures >= PATIENCE:
                summary.ended = "gateway_away"
                return None
            await link.clock.sleep(max(0.0, link.resume_at - link.clock.now()))

    def _count(self, batch: Sequence[Row], decided: Sequence[Verdict]) -> None:
        summary = self._summary
        summary.tally.count(decided)
        summary.not_sent = len(self._rows) - summary.sent
        summary.refused += [
            Refusal(row.line, f"refused: {verdict.code}", row.at, verdict.message)
            for row, verdict in zip(batch, decided, strict=True)
            if verdict.status == "refused"
        ]
