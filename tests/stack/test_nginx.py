"""What nginx lets through, what it refuses and how it says so: a real one before a stand-in."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from app.settings import Settings
from tests.stack.stack_process import StackProcess

HEADERS_OF_PAGES = {
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
CANARY = "canary-0123456789"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    with StackProcess(tmp_path_factory.mktemp("stack")) as running:
        yield running


def speak(stack: StackProcess, text: str, **tls: str) -> str:
    """Send raw bytes over TLS and read all that comes back."""
    context = stack.tls
    context.check_hostname = bool(tls)
    with (
        socket.create_connection(("127.0.0.1", stack.https_port), 5) as plain,
        context.wrap_socket(plain, server_hostname=tls.get("sni")) as connection,
    ):
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


@pytest.mark.parametrize("path", ["/api/x", "/auth/me", "/health/live", "/ws/stats", "/metrics"])
def test_programs_reach_the_gateway(stack: StackProcess, path: str) -> None:
    answer = stack.ask(path)
    assert answer.json["path"] == path
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/apix", "/.env", "/js/.x"])
def test_nothing_else_does(stack: StackProcess, path: str) -> None:
    assert stack.ask(path).status == 404


def test_who_asks_is_told_by_nginx_alone(stack: StackProcess) -> None:
    names = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Request-ID"]
    answer = stack.ask("/api/x", headers=dict.fromkeys(names, CANARY))
    seen = dict(answer.json["headers"])
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["x-request-id"] == answer.headers["x-request-id"]
    assert CANARY not in str(seen)


def test_one_request_id_on_an_answer(stack: StackProcess) -> None:
    assert len(stack.ask("/api/x").headers.get_all("x-request-id") or []) == 1


@pytest.mark.parametrize("path", ["/ws?x=1", "/ws/ingest"])
async def test_a_socket_goes_through(stack: StackProcess, path: str) -> None:
    async with connect(f"wss://localhost:{stack.https_port}{path}", ssl=stack.tls) as peer:
        await peer.send("hello")
        assert await peer.recv() == "hello"


@pytest.mark.parametrize("path", ["/api/x", "/ws/stats"])
def test_upgrading_is_for_sockets_alone(stack: StackProcess, path: str) -> None:
    assert "upgrade" not in dict(stack.ask(path, headers=UPGRADE).json["headers"])


@pytest.mark.parametrize("path", ["/ws", "/ws/ingest"])
@pytest.mark.parametrize("headers", [{}, {"Upgrade": "h2c", "Connection": "Upgrade"}])
def test_a_socket_without_an_upgrade_is_a_426(
    stack: StackProcess, path: str, headers: dict[str, str]
) -> None:
    answer = stack.ask(path, headers=headers)
    assert answer.status == 426
    assert answer.json["error"]["code"] == "upgrade_required"
    assert answer.headers["upgrade"] == "websocket"


def test_a_body_over_the_limit_is_a_413(stack: StackProcess) -> None:
    largest = Settings.model_fields["max_body_bytes"].default
    assert stack.ask("/api/ingest", "POST", body=b"x" * largest).json["body_bytes"] == largest
    answer = stack.ask("/api/ingest", "POST", body=b"x" * (largest + 1))
    assert answer.status == 413
    assert answer.json["error"]["code"] == "too_large"
    assert answer.json["error"]["request_id"] == answer.headers["x-request-id"]


def test_a_token_of_eight_kilobytes_fits(stack: StackProcess) -> None:
    assert stack.ask("/api/x", headers={"Authorization": f"Bearer {'x' * 8_192}"}).status == 200


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (f"GET /api/{'x' * 20_000} HTTP/1.1", 414),
        (f"GET /api/x HTTP/1.1\r\nX-Long: {'x' * 20_000}", 431),
        ("GET /api/x HTTP/1.1\r\nHost: b\r\nHost: c", 400),
        ("GET /api/%00 HTTP/1.1", 400),
        ("not http at all", 400),
    ],
)
def test_malformed_requests_get_the_one_error_body(
    stack: StackProcess, request_line: str, status: int
) -> None:
    head, _, body = speak(stack, f"{request_line}\r\nHost: localhost\r\n\r\n").partition("\r\n\r\n")
    assert f" {status} " in head
    assert set(json.loads(body)["error"]) == {"code", "message", "request_id"}


def test_a_client_that_names_nobody_is_served(stack: StackProcess) -> None:
    assert stack.ask("/health/live", host="127.0.0.1").status == 200


def test_a_name_that_is_not_ours_gets_no_handshake(stack: StackProcess) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        speak(stack, "", sni="other.example.org")


def test_a_host_that_is_not_ours_gets_no_answer(stack: StackProcess) -> None:
    answer = speak(stack, "GET /api/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert " 421 " in answer
    assert '"misdirected"' in answer


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3(stack: StackProcess, version: ssl.TLSVersion) -> None:
    context = stack.tls
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", stack.https_port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.version() == version.name.replace("_", ".")


def test_pages_carry_their_protection(stack: StackProcess) -> None:
    answer = stack.ask("/index.html")
    assert answer.status == 200
    assert {name: answer.headers[name] for name in HEADERS_OF_PAGES} == HEADERS_OF_PAGES
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert f"connect-src 'self' wss://localhost:{stack.https_port};" in policy
    assert "unsafe" not in policy
    assert answer.headers["etag"]
    assert answer.headers["server"] == "nginx"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/js/websocket-manager.js", "text/javascript; charset=utf-8"),
    ],
)
def test_files_have_their_types(stack: StackProcess, path: str, kind: str) -> None:
    assert stack.ask(path).headers["content-type"] == kind


def test_a_missing_page_is_a_page(stack: StackProcess) -> None:
    answer = stack.ask("/missing")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_text_is_compressed_and_answers_with_secrets_are_not(stack: StackProcess) -> None:
    accept = {"Accept-Encoding": "gzip"}
    assert stack.ask("/", headers=accept).headers["content-encoding"] == "gzip"
    assert (
        stack.ask("/api/x", headers={**accept, "X-Pad": "x" * 3_000}).headers["content-encoding"]
        is None
    )


def test_plain_http_only_sends_pages_on(stack: StackProcess) -> None:
    answer = stack.ask_plain("/index.html?a=b")
    assert answer.status == 308
    assert answer.headers["location"] == f"https://localhost:{stack.https_port}/index.html?a=b"
    assert answer.headers["strict-transport-security"] is None


@pytest.mark.parametrize("path", ["/api/ingest", "/ws", "/ws/stats", "/auth/login", "/metrics"])
def test_plain_http_refuses_programs(stack: StackProcess, path: str) -> None:
    answer = stack.ask_plain(path)
    assert answer.status == 403
    assert answer.json["error"]["code"] == "forbidden"


def test_plain_http_on_the_tls_port_is_no_other(stack: StackProcess) -> None:
    assert stack.ask_plain("/index.html", stack.https_port).status == 308
    assert stack.ask_plain("/api/x", stack.https_port).status == 403


def test_no_query_and_no_header_reaches_a_log(stack: StackProcess) -> None:
    secret = {"Authorization": f"Bearer {CANARY}", "Cookie": CANARY, "Referer": f"/?{CANARY}"}
    for path in ("/api/x", "/ws", "/missing", "/ws/stats", "/auth/me"):
        stack.ask(f"{path}?token={CANARY}", headers=secret)
        stack.ask_plain(f"{path}?token={CANARY}")
    stack.ask(f"/api/x?token={CANARY}", "POST", body=b"x" * 300_000)
    speak(stack, f"GET /ws?token={CANARY}{'x' * 20_000} HTTP/1.1\r\n\r\n")
    speak(stack, f"GET /ws?token={CANARY} HTTP/1.1\r\nX-Long: {'x' * 20_000}\r\n\r\n")
    assert '"path":"/api/x","status":200' in stack.logs()
    assert CANARY not in stack.logs()


def test_each_log_line_is_json(stack: StackProcess) -> None:
    stack.ask('/api/"\\%22')
    log = Path(stack.environment["STATE_DIR"]) / "log" / "nginx-access.log"
    assert {json.loads(line)["event"] for line in log.read_text().splitlines()} == {"request"}


def test_a_gateway_that_does_not_answer_is_a_502(open_folder: Path) -> None:
    with StackProcess(open_folder) as stack:
        (open_folder / "var" / "run" / "gateway" / "gateway.sock").unlink()
        # Connections that nginx kept open still serve a few.
        answers = [stack.ask(f"/api/x?token={CANARY}") for _ in range(40)]
        answer = next(answer for answer in answers if answer.status != 200)
        assert answer.status == 502
        assert answer.headers["retry-after"] == "5"
        assert answer.json["error"]["code"] == "unavailable"
        assert CANARY not in stack.logs()
