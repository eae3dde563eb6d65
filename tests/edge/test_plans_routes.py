"""`/api/plans`: docs/protocol.md §3.7."""

from typing import Any

import pytest

from app.domain.plan import MOST_ROOMS
from tests.conftest import Running
from tests.edge.wire import error_of

OFFICE = {"salle": "Bureau", "x": 0, "y": 0, "width": 12, "height": 8}
PLAN = {"rooms": [OFFICE], "fixtures": [{"kind": "sensor", "x": 3.5, "y": 2.0, "id": "bureau1"}]}
MAISON = "/api/plans/Maison%20%E2%84%96%201"


async def test_a_plan_is_drawn_read_drawn_again_and_taken_away(gateway: Running) -> None:
    async with gateway.client("dashboard", subject="marie") as person:
        assert (await person.get("/api/plans")).json() == {"plans": []}
        assert (await person.get(MAISON)).status_code == 404
        drawn = await person.put(MAISON, json=PLAN, headers={"If-None-Match": "*"})
        assert (drawn.status_code, drawn.headers["etag"]) == (200, '"1"')
        read = await person.get(MAISON)
        assert read.headers["etag"] == '"1"'
        content = read.json()
        assert content.pop("changed_at").endswith("Z")
        assert content == {
            "enseigne": "Maison № 1",
            "version": 1,
            "plan": PLAN,
            "changed_by": "marie",
        }
        again = await person.put(MAISON, json={"rooms": []}, headers={"If-Match": '"1"'})
        assert again.json()["plan"] == {"rooms": [], "fixtures": []}
        (listed,) = (await person.get("/api/plans")).json()["plans"]
        assert (listed["enseigne"], listed["version"]) == ("Maison № 1", 2)
        late = await person.put(MAISON, json=PLAN, headers={"If-Match": '"1"'})
        assert (late.status_code, error_of(late.content)["code"]) == (412, "changed_meanwhile")
        assert (await person.delete(MAISON, headers={"If-Match": '"2"'})).status_code == 204
        assert (await person.get(MAISON)).status_code == 404
    async with gateway.client("admin") as admin:
        lines = (await admin.get("/api/admin/audit")).json()["entries"]
    assert [(each["act"], each["target"]) for each in lines] == [("plan_changed", "Maison № 1")] * 3


async def test_what_was_never_drawn_is_taken_away_without_a_trace(gateway: Running) -> None:
    async with gateway.client("dashboard") as person:
        assert (await person.delete(MAISON)).status_code == 204
    async with gateway.client("admin") as admin:
        assert (await admin.get("/api/admin/audit")).json()["entries"] == []


async def test_a_site_may_have_a_slash_in_its_name(gateway: Running) -> None:
    site = "/api/plans/A%2FB"
    async with gateway.client("dashboard") as person:
        assert (await person.put(site, json=PLAN)).json()["enseigne"] == "A/B"
        assert (await person.get(site)).json()["enseigne"] == "A/B"
        assert (await person.delete(site)).status_code == 204


@pytest.mark.parametrize(
    "plan",
    [
        {"rooms": [OFFICE | {"width": 0}]},
        {"rooms": [OFFICE | {"x": 190}]},
        {"rooms": [OFFICE | {"x": 0.5}]},
        {"rooms": [OFFICE, OFFICE]},
        {"rooms": [OFFICE | {"salle": f"{number}"} for number in range(MOST_ROOMS + 1)]},
        {"rooms": [], "fixtures": [{"kind": "dragon", "x": 0, "y": 0}]},
        {"rooms": [], "fixtures": [{"kind": "door", "x": 201, "y": 0}]},
        {"rooms": [OFFICE | {"colour": "red"}]},
    ],
)
async def test_what_is_no_plan_is_refused(gateway: Running, plan: dict[str, Any]) -> None:
    async with gateway.client("dashboard") as person:
        assert (await person.put(MAISON, json=plan)).status_code == 422
        assert (await person.get(MAISON)).status_code == 404


async def test_who_sees_a_part_of_a_site_learns_of_no_other_room_and_draws_nothing(
    gateway: Running,
) -> None:
    async with gateway.client("dashboard") as person:
        for enseigne in ("Maison", "Boutique"):
            await person.put(f"/api/plans/{enseigne}", json=PLAN)
    sees: list[tuple[dict[str, Any], list[str]]] = [
        ({"topics": ["measurements:Maison"]}, ["Maison"]),
        ({"topics": ["measurements:Maison/Bureau"]}, []),
        ({"sensors": ["bureau1"]}, []),
        ({"tenant": "other"}, []),
    ]
    for claims, seen in sees:
        async with gateway.client("dashboard", **claims) as person:
            plans = (await person.get("/api/plans")).json()["plans"]
            assert [each["enseigne"] for each in plans] == seen
            assert (await person.get("/api/plans/Boutique")).status_code == 404
            if "tenant" not in claims:
                assert (await person.put("/api/plans/Maison", json=PLAN)).status_code == 403
                assert (await person.delete("/api/plans/Maison")).status_code == 403


async def test_another_tenant_s_plan_is_drawn_by_nobody_but_the_platform(gateway: Running) -> None:
    async with gateway.client("dashboard") as person, gateway.client("admin", tenant="*") as admin:
        assert (await person.put(f"{MAISON}?tenant=other", json=PLAN)).status_code == 403
        assert (await admin.put(f"{MAISON}?tenant=acme", json=PLAN)).status_code == 200
        assert (await person.get(MAISON)).json()["changed_by"] == "someone@*"
