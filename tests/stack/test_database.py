"""`make run` with DATABASE_URL: the same stack, and everything in PostgreSQL."""

from pathlib import Path

from tests.browser.site import Site
from tests.postgres_server import PostgresServer


def test_the_stack_keeps_everything_in_the_database(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with Site(tmp_path, DATABASE_URL=postgres.schema()) as site:
        assert site.ask("/health/ready").json["parts"]["store"] == "ok"
        site.device = site.token("device")
        site.measure("Bureau")
        headers = {"Authorization": f"Bearer {site.token()}"}
        (record,) = site.ask("/api/iaq/data", headers=headers).json
        assert (record["sensor_id"], record["salle"]) == ("s1", "Bureau")
    assert not list((tmp_path / "var").glob("*.db"))


def test_a_database_that_does_not_serve_is_told_before_anything_runs(tmp_path: Path) -> None:
    site = Site(tmp_path, DATABASE_URL="postgresql://gateway:hunter2@127.0.0.1:1/iaq")
    site.launch()
    assert site.process.wait(60) == 1
    said = site.output.read_text()
    assert said.startswith("the database of DATABASE_URL does not serve")
    assert "hunter2" not in said
