"""`/api/admin/users`: docs/protocol.md §3.5."""

from typing import Any

import httpx2
import pytest

from app.storage.records import tenants
from app.storage.sqlite.sql import records
from auth.login import Login
from tests.conftest import Running
from tests.edge.test_people import SECRET, Browser, token_of
from tests.edge.test_people import add as add_to_store
from tests.edge.wire import end_of, error_of, heard

OTHER = "another window that is open"


def new(name: str = "marie", **members: Any) -> dict[str, Any]:
    return {"name": name, "password": SECRET, **members}


@pytest.fixture
def two_tenants(gateway: Running) -> Running:
    with records(gateway.settings.database_path) as sql:
        for name in ("acme", "globex"):
            tenants.add(sql, name, 1)
    return gateway


async def add(admin: httpx2.AsyncClient, query: str = "", **members: Any) -> dict[str, Any]:
    answer = await admin.post(f"/api/admin/users?{query}", json=new(**members))
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


async def names(admin: httpx2.AsyncClient, query: str = "") -> list[str]:
    answer = await admin.get(f"/api/admin/users?{query}")
    assert answer.status_code == 200, answer.text
    return [user["name"] for user in answer.json()["users"]]


async def test_who_is_made_signs_in_and_is_narrowed_as_was_said(two_tenants: Running) -> None:
    async with two_tenants.client("admin") as admin, two_tenants.client() as client:
        made = await add(admin, name="Marie", topics=["alerts"])
        assert made.pop("created_at").endswith("Z")
        assert made == {
            "name": "marie",
            "tenant": "acme",
            "role": "dashboard",
            "topics": ["alerts"],
            "sensors": None,
            "disabled": False,
        }
        token = await token_of(Browser(client))
    assert two_tenants.verified(token).topics == ("alerts",)


async def test_users_are_listed_by_page_and_never_with_a_password(two_tenants: Running) -> None:
    async with two_tenants.client("admin") as admin:
        for name in ("marie", "paul", "zoe"):
            add_to_store(two_tenants, Login("acme", name))
        first = await admin.get("/api/admin/users?limit=2")
        assert await names(admin, f"limit=2&after={first.json()['after']}") == ["zoe"]
    assert "argon2" not in first.text


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"disabled": True}, 4403, "the user is disabled"),
        ({"password": OTHER}, 4401, "the token was revoked"),
        (None, 4401, "the token was revoked"),
    ],
    ids=["disabled", "new password", "signed out"],
)
async def test_what_a_user_is_signed_in_to_ends_at_once(
    two_tenants: Running, change: Any, code: int, reason: str
) -> None:
    async with two_tenants.client("admin") as admin, two_tenants.client() as client:
        await add(admin)
        browser = Browser(client)
        token = await token_of(browser)
        async with two_tenants.dashboard(token=token) as socket:
            await heard(socket)
            if change is None:
                done = await admin.post("/api/admin/users/marie/sign-out")
            else:
                done = await admin.patch("/api/admin/users/marie", json=change)
            assert done.is_success
            assert (await browser.me(token)).status_code == 401
            assert await end_of(socket) == (code, reason)
        assert (await browser.refresh()).status_code == 401
        signed_in = await browser.sign_in(password=(change or {}).get("password", SECRET))
        assert signed_in.status_code == (401 if change == {"disabled": True} else 200)
        acts = [line["act"] for line in (await admin.get("/api/admin/audit")).json()["entries"]]
    assert {"user_disabled", "user_password", "user_signed_out"} & set(acts)
    assert acts[-2:] == ["signed_in", "user_added"]


async def test_a_tenants_admin_reaches_its_own_users_alone(two_tenants: Running) -> None:
    async with (
        two_tenants.client("admin") as ours,
        two_tenants.client("admin", tenant="*") as operator,
    ):
        await add(operator, "tenant=globex", name="homer")
        await add(operator, name="ops", role="admin")
        assert await names(operator) == ["ops"]
        assert await names(operator, "tenant=globex") == ["homer"]
        assert await names(ours) == []
        for name in ("homer", "nobody"):
            gone = await ours.patch(f"/api/admin/users/{name}", json={"disabled": True})
            assert (gone.status_code, error_of(gone.content)["code"]) == (404, "not_found")
        for answer in (
            await ours.get("/api/admin/users?tenant=globex"),
            await ours.post("/api/admin/users?tenant=*", json=new(role="admin")),
            await ours.post("/api/admin/users/homer/sign-out?tenant=globex"),
        ):
            assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (new(password="short"), 422),
        (new(name="a name"), 422),
        (new(role="device"), 422),
        (new(topics=["weather"]), 422),
        (new(disabled=True), 422),
        ({"name": "marie"}, 422),
    ],
)
async def test_what_could_never_sign_in_is_refused_and_not_repeated(
    two_tenants: Running, body: dict[str, Any], status: int
) -> None:
    async with two_tenants.client("admin") as admin:
        answer = await admin.post("/api/admin/users", json=body)
    assert answer.status_code == status
    assert body.get("password", SECRET) not in answer.text


@pytest.mark.parametrize("narrowed", [{"topics": ["alerts"]}, {"sensors": ["s1"]}])
async def test_a_narrowed_admin_gives_nobody_the_rest(
    two_tenants: Running, narrowed: dict[str, Any]
) -> None:
    async with two_tenants.client("admin", **narrowed) as admin:
        answer = await admin.post("/api/admin/users", json=new())
    assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


@pytest.mark.parametrize("role", ["dashboard", "device", "service", None])
async def test_it_is_for_admins(two_tenants: Running, role: str | None) -> None:
    async with two_tenants.client(role) as other:
        answers = [
            await other.get("/api/admin/users"),
            await other.post("/api/admin/users", json=new()),
            await other.patch("/api/admin/users/marie", json={"disabled": True}),
            await other.post("/api/admin/users/marie/sign-out"),
            await other.get("/api/admin/tenants"),
            await other.post("/api/admin/tenants", json={"name": "another"}),
        ]
    assert {answer.status_code for answer in answers} == {403 if role else 401}
