"""The load client where no C compiler is: the same words, commands and answers as `native/load.c`.

It is slower than the faster servers, so rates and ages are then its own; the servers' CPU per
delivery stays right, since that is read from them.
"""

import argparse
import asyncio
import json
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench import ages

QUIET, OPENING_TAKES, DRAINING_TAKES = 0.2, 20.0, 3.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Crowd:
    """The subscribers. What is delivered is counted by its marks; frames are not taken apart."""

    def __init__(self) -> None:
        self.meter = ages.Meter()
        self.opened = 0
        self.lost = 0
        self.status = 0
        self.last_heard = time.monotonic()
        self._readers: set[asyncio.Task[None]] = set()

    async def open(self, arguments: argparse.Namespace) -> None:
        heads, hellos = _records(arguments.u), _records(arguments.h) or [b""]
        gate = asyncio.Semaphore(arguments.c)

        async def one(number: int) -> None:
            async with gate:
                reader, writer = await _connect(
                    arguments.s[number % len(arguments.s)], tls=arguments.S
                )
                writer.write(heads[number % len(heads)])
                head = await reader.readuntil(b"\r\n\r\n")
                self.last_heard = time.monotonic()
                if not head.startswith(b"HTTP/1.1 101 "):
                    self.lost, self.status = self.lost + 1, int(head.split()[1])
                    writer.close()
                    return
                writer.write(hellos[number % len(hellos)])
                self.opened += 1
                self._readers.add(asyncio.create_task(self._read(reader, writer)))

        async with asyncio.timeout(OPENING_TAKES):
            await asyncio.gather(*map(one, range(arguments.n)))
            while time.monotonic() - self.last_heard < QUIET:  # noqa: ASYNC110  (for nothing to happen)
                await asyncio.sleep(QUIET / 10)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tail = b""
        while data := await reader.read(1 << 18):
            self.last_heard = time.monotonic()
            tail = self.meter.scan(tail + data, ages.now_us())
        writer.close()
        self.lost, self.opened = self.lost + 1, self.opened - 1


class Publishers:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._idle: asyncio.Queue[tuple[Streams, bytearray, list[int]]] = asyncio.Queue()
        self.sent = self.kept = self.refused = self.status = 0
        self._answers: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        arguments = self._arguments
        texts, openings = _records(arguments.t), _records(arguments.o)
        for number in range(arguments.m):
            reader, writer = await _connect(arguments.p, tls=arguments.P)
            for part in _parts(openings[number % len(openings)] if openings else b""):
                writer.write(part)
                await reader.read(1 << 16)
            text = texts[number % len(texts)]
            self._idle.put_nowait(((reader, writer), bytearray(text), ages.stamps(text)))

    def publish(self, most: int) -> bool:
        """As `publish` in `native/publishers.h`."""
        if self._idle.empty():
            return False
        publisher = self._idle.get_nowait()
        streams, text, stamps = publisher
        if len(stamps) > most:
            self._idle.put_nowait(publisher)
            return False
        ages.write_stamps(text, stamps, ages.now_us())
        streams[1].write(bytes(text))
        self.sent += len(stamps)
        if self._arguments.a:
            task = asyncio.create_task(self._answer(publisher))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        else:
            self._idle.put_nowait(publisher)
        return True

    @property
    def busy(self) -> bool:
        return bool(self._answers)

    async def _answer(self, publisher: tuple[Streams, bytearray, list[int]]) -> None:
        reader = publisher[0][0]
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        if head.split()[1].startswith(b"2"):
            self.kept += 1
        else:
            self.refused, self.status = self.refused + 1, int(head.split()[1])
        self._idle.put_nowait(publisher)


async def run(
    crowd: Crowd, publishers: Publishers, seconds: float, window: int, rate: float
) -> str:
    crowd.meter = ages.Meter()
    publishers.kept = publishers.refused = 0
    before, start, cpu = publishers.sent, time.monotonic(), time.process_time()

    def away() -> int:
        delivered = crowd.meter.messages // crowd.opened if crowd.opened else 0
        return publishers.sent - before - delivered if crowd.opened else 0

    while (elapsed := time.monotonic() - start) < seconds:
        due = not rate or publishers.sent - before <= elapsed * rate
        if not (due and away() < window and publishers.publish(window - away())):
            await asyncio.sleep(0.0005 if rate else 0)
    end = start + seconds + DRAINING_TAKES
    while (away() or publishers.busy) and time.monotonic() < end:  # noqa: ASYNC110  (a count, no event)
        await asyncio.sleep(0.001)
    return json.dumps(
        {
            "seconds": time.monotonic() - start,
            "sent": publishers.sent - before,
            "delivered": crowd.meter.messages,
            "kept": publishers.kept,
            "refused": publishers.refused,
            "status": publishers.status,
            "lost": crowd.lost,
            "p50_ms": crowd.meter.quantile_ms(0.5),
            "p99_ms": crowd.meter.quantile_ms(0.99),
            "client_cpu": time.process_time() - cpu,
        }
    )


async def obey(arguments: argparse.Namespace) -> None:
    crowd, publishers = Crowd(), Publishers(arguments)
    start = time.monotonic()
    await crowd.open(arguments)
    opened = {"opened": crowd.opened, "lost": crowd.lost, "status": crowd.status}
    _say(json.dumps({**opened, "seconds": crowd.last_heard - start}))
    await publishers.open()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _, seconds, window, rate = line.split()
        _say(await run(crowd, publishers, float(seconds), int(window), float(rate)))


async def _connect(address: str, *, tls: bool) -> Streams:
    context = ssl._create_unverified_context() if tls else None  # noqa: S323, SLF001  (as in native/net.h)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port), ssl=context)


def _records(path: str) -> list[bytes]:
    data = Path(path).read_bytes() if path else b""
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        found.append(data[at + 4 : end])
        at = end
    return found


def _parts(opening: bytes) -> Iterator[bytes]:
    """An HTTP upgrade and the frames after it: the answer comes between them."""
    head, end, rest = opening.partition(b"\r\n\r\n")
    yield from filter(None, (head + end, rest))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("-s", action="append", default=[])
    for name in "uhpto":
        words.add_argument(f"-{name}", default="")
    for name in "ncm":
        words.add_argument(f"-{name}", type=int, default=32 if name == "c" else 0)
    for name in "SPa":
        words.add_argument(f"-{name}", action="store_true")
    uvloop.run(obey(words.parse_args()))
