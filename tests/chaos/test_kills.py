"""kill -9 of the gateway under load: nothing acknowledged is lost, nothing comes twice."""

from tests.chaos.conftest import Tell
from tests.chaos.load import under_load
from tests.chaos.stack import Stack
from tests.chaos.troubles import kills, nginx_blows


async def test_twenty_kills_lose_and_double_nothing(stack: Stack, tell: Tell) -> None:
    report = await under_load("kills", kills(20), stack)
    tell(report)
    assert report.faults == []
    assert report.ledger.duplicates > 0, "no kill came between a commit and its answer"


async def test_nginx_reloaded_and_restarted_loses_and_doubles_nothing(
    stack: Stack, tell: Tell
) -> None:
    report = await under_load("blows to nginx", nginx_blows(3), stack)
    tell(report)
    assert report.faults == []
