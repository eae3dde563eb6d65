"""Real recordings with all their faults, and a gateway killed in the middle of each."""

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.recordings import RECORDINGS, replay
from tests.chaos.stack import Stack


@pytest.mark.parametrize("name", ["b4b_room_925038.csv", "occupancy_datatraining.csv"])
async def test_a_recording_is_kept_or_refused_row_by_row(
    stack: Stack, tell: Tell, name: str
) -> None:
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"{path} is not here: IAQ_RECORDINGS says where recordings are")
    replayed = await replay(path, 1, stack)
    tell(replayed)
    assert replayed.faults == []
