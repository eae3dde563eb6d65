"""People sign in, stay signed in, sign out, and are thrown out."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.edge.people import COOKIE
from app.storage.records import tenants, users
from app.storage.records.users import User
from app.storage.sql import Sql
from app.storage.sqlite.sql import records
from auth import passwords
from auth.login import Login
from auth.passwords import hash_password
from auth.principal import Role
from tests.conftest import ORIGIN, PATIENCE, Running, Start
from tests.edge.wire import end_of, error_of, heard

MARIE, SECRET = Login("acme", "marie"), "a window that is open"
FROM_PAGE = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
HASHED = hash_password(SECRET)


def add(gateway: Running, login: Login = MARIE, **members: Any) -> None:
    user = User(login, Role.DASHBOARD, None, None, HASHED, 1)
    changed = User(**{name: members.get(name, getattr(user, name)) for name in User.__slots__})
    with records(gateway.settings.database_path) as sql:
        if login.tenant not in {tenant.name for tenant in tenants.listed(sql)}:
            tenants.add(sql, login.tenant, 1)
        users.add(sql, changed)


class Browser:
    """A page's requests, with the cookie that it holds; the jar of the client would not send a
    secure one over plain HTTP.
    """

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self.cookie: str | None = None
        self.set_cookie = ""

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        sent = {**FROM_PAGE, **headers}
        if self.cookie is not None:
            sent["Cookie"] = f"{COOKIE}={self.cookie}"
        answer = await self._client.post(path, json={} if body is None else body, headers=sent)
        self.set_cookie = answer.headers.get("set-cookie", "")
        if self.set_cookie:
            value = self.set_cookie.partition(";")[0].partition("=")[2]
            self.cookie = value.strip('"') or None
        return answer

    async def sign_in(
        self, login: str = "marie@acme", password: str = SECRET, **headers: str
    ) -> httpx2.Response:
        return await self.post("/auth/login", {"login": login, "password": password}, **headers)

    async def refresh(self) -> httpx2.Response:
        return await self.post("/auth/refresh")

    async def me(self, token: str) -> httpx2.Response:
        return await self._client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def browser(gateway: Running) -> AsyncIterator[Browser]:
    add(gateway)
    async with gateway.client() as client:
        yield Browser(client)


async def token_of(browser: Browser) -> str:
    answer = await browser.sign_in()
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


async def test_a_person_signs_in_with_a_name_and_a_password(
    browser: Browser, gateway: Running
) -> None:
    answer = await browser.sign_in(" Marie@Acme ")
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["user"] == {
        "name": "marie", "tenant": "acme", "role": "dashboard", "topics": None, "sensors": None,
    }  # fmt: skip
    principal = gateway.verified(body["access_token"])
    assert (principal.subject, principal.tenant) == MARIE[::-1]
    assert principal.expires_at - principal.issued_at == 900
    for member in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", "Max-Age=2592000"):
        assert member in browser.set_cookie
    assert "Domain" not in browser.set_cookie
    me = (await browser.me(body["access_token"])).json()
    assert (me["name"], me["tenant"], me["role"]) == ("marie", "acme", "dashboard")


async def test_the_account_narrows_the_token(gateway: Running) -> None:
    add(gateway, role=Role.DASHBOARD, topics=("measurements",), sensors=("s1",))
    async with gateway.client() as client:
        principal = gateway.verified(await token_of(Browser(client)))
    assert (principal.topics, principal.sensors) == (("measurements",), frozenset({"s1"}))


async def test_nothing_tells_whether_an_account_exists(
    browser: Browser, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bool] = []
    verify = passwords.verify

    def counted(kept: str | None, password: str) -> bool:
        verified.append(kept is None)
        return verify(kept, password)

    monkeypatch.setattr(passwords, "verify", counted)
    add(gateway, Login("acme", "gone"))
    with records(gateway.settings.database_path) as sql:
        users.disable(sql, Login("acme", "gone"), 1, disabled=True)
    answers = [
        await browser.sign_in("marie@acme", "a wrong password"),
        await browser.sign_in("nobody@acme"),
        await browser.sign_in("marie@nowhere"),
        await browser.sign_in("no login at all"),
        await browser.sign_in("gone@acme"),
    ]
    told = {
        (answer.status_code, error_of(answer.content)["code"], error_of(answer.content)["message"])
        for answer in answers
    }
    assert told == {(401, "wrong_password", "the name or the password is wrong")}
    assert verified == [False, True, True, True, False], "each costs one hash"
    assert len({frozenset(answer.headers) for answer in answers}) == 1
    assert browser.cookie is None


async def test_a_hash_of_lower_parameters_is_made_anew_at_sign_in(gateway: Running) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1_024).hash(SECRET)
    add(gateway, password=weak)
    async with gateway.client() as client:
        for _ in range(2):
            await token_of(Browser(client))
    with records(gateway.settings.database_path) as sql:
        user = users.find(sql, MARIE)
    assert user is not None
    assert not passwords.outdated(user.password)


async def test_who_is_signed_in_stays_so_with_a_token_that_changes(browser: Browser) -> None:
    first = await token_of(browser)
    held = browser.cookie
    for _ in range(3):
        answer = await browser.refresh()
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["access_token"] != first
        assert browser.cookie != held
        held = browser.cookie


async def test_a_token_used_twice_ends_its_family_and_what_was_issued(
    browser: Browser, gateway: Running
) -> None:
    access = await token_of(browser)
    stolen = browser.cookie
    await browser.refresh()
    await browser.refresh()
    async with gateway.client() as client, gateway.dashboard(token=access) as socket:
        await heard(socket)
        thief = Browser(client)
        thief.cookie = stolen
        refused = await thief.refresh()
        assert (refused.status_code, error_of(refused.content)["code"]) == (401, "signed_out")
        assert thief.cookie is None, "the cookie is taken back"
        assert (await browser.refresh()).status_code == 401, "of the owner too"
        assert (await end_of(socket))[0] == 4401


async def test_an_answer_that_was_lost_does_not_sign_out(browser: Browser) -> None:
    await token_of(browser)
    held = browser.cookie
    await browser.refresh()
    browser.cookie = held  # the page was reloaded before the answer came
    assert (await browser.refresh()).status_code == 200
    assert (await browser.refresh()).status_code == 200


async def test_a_sign_in_ends_when_nobody_comes_or_its_time_is_over(start: Start) -> None:
    for ends in ({"sign_in_idle_days": 1 / 86_400}, {"sign_in_days": 1 / 86_400}):
        async with start(**ends) as gateway, gateway.client() as client:
            if ends == {"sign_in_idle_days": 1 / 86_400}:
                add(gateway)
            browser = Browser(client)
            await token_of(browser)
            await asyncio.sleep(1.1)
            assert (await browser.refresh()).status_code == 401


async def test_signing_out_ends_the_family(browser: Browser) -> None:
    await token_of(browser)
    held = browser.cookie
    answer = await browser.post("/auth/logout")
    assert (answer.status_code, browser.cookie) == (204, None)
    browser.cookie = held
    assert (await browser.refresh()).status_code == 401
    assert (await browser.post("/auth/logout")).status_code == 204, "again, and nothing happens"


async def test_signing_out_everywhere_ends_them_all(browser: Browser, gateway: Running) -> None:
    async with gateway.client() as client:
        phone = Browser(client)
        await token_of(phone)
        access = await token_of(browser)
        async with gateway.dashboard(token=access) as socket:
            await heard(socket)
            await browser.post("/auth/logout", {"everywhere": True})
            assert (await phone.refresh()).status_code == 401
            assert (await end_of(socket))[0] == 4401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ORIGIN + ".evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_another_sites_page_changes_nothing(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    await token_of(browser)
    held = browser.cookie
    login = {"login": "marie@acme", "password": SECRET}
    for path, body in (("/auth/login", login), ("/auth/refresh", {}), ("/auth/logout", {})):
        answer = await browser.post(path, body, **headers)
        assert (answer.status_code, browser.set_cookie) == (status, ""), path
        assert browser.cookie == held
    assert (await browser.refresh()).status_code == 200


async def test_a_request_without_an_origin_is_refused(gateway: Running) -> None:
    async with gateway.client() as client:
        body = {"login": "marie@acme", "password": SECRET}
        answer = await client.post("/auth/login", json=body)
        assert error_of(answer.content)["code"] == "forbidden_origin"


async def test_a_cookie_opens_neither_a_socket_nor_a_route(
    browser: Browser, gateway: Running
) -> None:
    await token_of(browser)
    cookie = {"Cookie": f"{COOKIE}={browser.cookie}"}
    socket = connect(
        f"ws://127.0.0.1:{gateway.port}/ws", additional_headers={**cookie, "Origin": ORIGIN}
    )
    with pytest.raises(InvalidStatus) as refused:
        await socket
    assert refused.value.response.status_code == 401
    async with gateway.client() as client:
        for path in ("/auth/me", "/api/messages"):
            assert (await client.get(path, headers={**FROM_PAGE, **cookie})).status_code == 401


async def test_a_new_password_ends_sessions_tokens_and_sockets(
    browser: Browser, gateway: Running
) -> None:
    access = await token_of(browser)
    async with gateway.dashboard(token=access) as socket:
        await heard(socket)
        with records(gateway.settings.database_path) as sql:
            users.set_password(sql, MARIE, hash_password("another password"), int(time.time()))
        assert (await browser.refresh()).status_code == 401
        assert (await end_of(socket))[0] == 4401
    assert (await browser.me(access)).status_code == 401
    assert (await browser.sign_in()).status_code == 401
    anew = await browser.sign_in(password="another password")
    assert (await browser.me(anew.json()["access_token"])).status_code == 200


async def test_who_is_changed_while_the_password_is_looked_at_does_not_sign_in(
    browser: Browser, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = passwords.verify
    changes: list[Callable[[Sql], None]] = [
        lambda sql: users.set_password(sql, MARIE, hash_password("another password"), 1),
        lambda sql: users.disable(sql, MARIE, 1, disabled=True),
    ]

    def changed(kept: str | None, password: str) -> bool:
        right = verify(kept, password)
        with records(gateway.settings.database_path) as sql:
            changes.pop(0)(sql)
        return right

    monkeypatch.setattr(passwords, "verify", changed)
    for password in (SECRET, "another password"):
        assert (await browser.sign_in(password=password)).status_code == 401
    assert changes == []


async def test_a_disabled_users_sockets_end_with_4403(browser: Browser, gateway: Running) -> None:
    access = await token_of(browser)
    async with gateway.dashboard(token=access) as socket, gateway.dashboard() as other:
        await heard(socket)
        with records(gateway.settings.database_path) as sql:
            users.disable(sql, MARIE, int(time.time()), disabled=True)
        assert (await end_of(socket))[0] == 4403
        await heard(other)
    assert (await browser.refresh()).status_code == 401
    assert (await browser.sign_in()).status_code == 401


async def test_sign_in_is_limited_by_account_without_locking_the_owner_out(start: Start) -> None:
    limits = {
        "sign_in_rate_per_ip": "100/minute",
        "sign_in_rate_per_ip_and_account": "3/hour",
        "sign_in_rate_per_account": "5/hour",
    }
    async with start(**limits) as gateway:
        add(gateway)
        with records(gateway.settings.database_path) as sql:
            users.remember_address(sql, MARIE, "127.0.0.1", 1)
            users.remember_address(sql, Login("acme", "nobody"), "127.0.0.1", 1)
        async with gateway.client() as client:
            browser = Browser(client)
            for _ in range(4):  # a success begins anew
                assert (await browser.sign_in(password="a wrong password")).status_code == 401
                assert (await browser.sign_in()).status_code == 200
            for login in ("marie@acme", "nobody@acme"):
                answers = [await browser.sign_in(login, "a wrong password") for _ in range(4)]
                assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
                error = error_of(answers[-1].content)
                assert error["limit"] == "sign_in_rate_per_ip_and_account"


async def test_strangers_share_one_budget_for_an_account(start: Start) -> None:
    async with start(sign_in_rate_per_account="2/hour") as gateway, gateway.client() as client:
        add(gateway)
        add(gateway, Login("acme", "known"))
        with records(gateway.settings.database_path) as sql:
            users.remember_address(sql, Login("acme", "known"), "127.0.0.1", 1)
        browser = Browser(client)
        for login, codes in (
            ("marie@acme", [401, 401, 429]),
            ("nobody@acme", [401, 401, 429]),
            ("known@acme", [401, 401, 401]),
        ):
            answers = [await browser.sign_in(login, "a wrong password") for _ in range(3)]
            assert [answer.status_code for answer in answers] == codes


async def test_a_flood_of_sign_ins_waits_in_a_bounded_line(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow(*_: object) -> bool:
        may_end.wait()
        return False

    monkeypatch.setattr(passwords, "verify", slow)
    async with gateway.client() as client:
        browsers = [Browser(client) for _ in range(20)]
        asked = [
            asyncio.create_task(each.sign_in(f"u{number}@acme"))
            for number, each in enumerate(browsers)
        ]
        try:
            async with asyncio.timeout(PATIENCE):
                while sum(each.done() for each in asked) < 4:  # noqa: ASYNC110  (any of them)
                    await asyncio.sleep(0.01)
        finally:
            may_end.set()
        answers = await asyncio.gather(*asked)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * 16 + [503] * 4
    assert max(answers, key=lambda answer: answer.status_code).headers["retry-after"] == "2"
