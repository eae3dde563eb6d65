"""The store keeps nothing for a while: no receipt that is not true, and it recovers by itself."""

from pathlib import Path

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.disk import FileLimit, NoMountError, small_disk
from tests.chaos.load import under_load
from tests.chaos.stack import Stack
from tests.chaos.troubles import full_disk, locked_store


async def test_a_full_disk_is_told_and_left_behind(tmp_path: Path, tell: Tell) -> None:
    try:
        with small_disk(tmp_path / "var") as disk, Stack(tmp_path) as stack:
            report = await under_load("full disk", full_disk(disk), stack)
            tell(report)
            assert report.faults == []
    except NoMountError as error:
        pytest.skip(f"only root mounts a disk to fill: {error}")


async def test_files_that_cannot_grow_are_told_and_left_behind(stack: Stack, tell: Tell) -> None:
    report = await under_load("file limit", full_disk(FileLimit()), stack)
    tell(report)
    assert report.faults == []


async def test_a_locked_store_is_told_and_left_behind(stack: Stack, tell: Tell) -> None:
    report = await under_load("locked store", locked_store(), stack)
    tell(report)
    assert report.faults == []
