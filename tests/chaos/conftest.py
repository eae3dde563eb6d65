from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.stack import Stack

Tell = Callable[[object], None]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path) as running:
        yield running


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Figures are shown whether the test passes or not."""

    def told(figures: object) -> None:
        with capsys.disabled():
            print(f"\n{figures}")  # noqa: T201  (that is what it is for)

    return told
