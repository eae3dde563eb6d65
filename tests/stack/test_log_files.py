"""A log that is held open stays within its bound."""

from pathlib import Path

from app.stack.log_files import cut, cut_all


def test_a_log_over_its_bound_is_moved_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old" * 100)
        cut(log, 200)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert log.with_name("gateway.log.1").read_bytes() == b"old" * 100


def test_a_log_within_its_bound_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_bytes(b"x" * 200)
    cut(log, 200)
    cut(tmp_path / "missing.log", 200)
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.log"]


def test_one_that_cannot_be_cut_is_told_and_stops_no_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_text("much")
    (tmp_path / "a.log.1").symlink_to(tmp_path / "gone" / "a.log.1")
    assert cut_all(tmp_path, 3) == ["a.log: No such file or directory"]
    assert [(tmp_path / f"{name}.log").read_text() for name in ("a", "b")] == ["much", ""]
