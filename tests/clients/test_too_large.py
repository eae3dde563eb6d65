"""What is too large together goes in parts, and what is too large alone is refused alone."""

from iaqverse import Device
from iaqverse.wire import Body

from tests.conftest import Start

SMALL = {"CO2": 645}
LARGE = {f"quantity_{number}": 1.5 for number in range(64)}
"""About 1.5 KB."""


async def test_only_what_is_too_large_alone_is_refused(start: Start) -> None:
    refused: list[tuple[str, str]] = []

    def note(item: Body, verdict: object) -> None:
        refused.append((item["sensor_id"], getattr(verdict, "code", "")))

    async with (
        start(max_body_bytes=1_000) as gateway,
        Device(gateway.url, gateway.token("device"), refused=note) as device,
    ):
        for number in range(100):
            device.measure(f"s{number}", "Maison", "Bureau", LARGE if number == 70 else SMALL)
        await device.flushed()
    assert refused == [("s70", "too_large")]
    assert (device.tally.stored, device.waiting) == (99, 0)
