"""Several gateways behind one nginx, and an authority that asks for a proof."""

import json
import sys
from collections import Counter
from pathlib import Path

from tests.stack.bare_nginx import await_file, bare_nginx, started

GATEWAY = Path(__file__).with_name("standin_gateway.py")


def test_a_gateway_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    alive, gone = tmp_path / "alive.sock", tmp_path / "gone.sock"
    command = [sys.executable, str(GATEWAY)]
    with (
        started(command, {"GATEWAY_SOCKET": str(alive)}),
        bare_nginx(tmp_path, gone, alive) as nginx,
    ):
        await_file(alive)
        assert Counter(nginx.ask("/api/x")[0] for _ in range(20)) == {200: 20}
        assert '"gateway_status":"502, 200"' in nginx.access_log.read_text()


def test_what_each_gateway_counts_is_asked_of_it_alone(tmp_path: Path) -> None:
    sockets = [tmp_path / f"gateway-{number}.sock" for number in (1, 2)]
    command = [sys.executable, str(GATEWAY)]
    with (
        started(command, {"GATEWAY_SOCKET": str(sockets[0])}),
        started(command, {"GATEWAY_SOCKET": str(sockets[1])}),
        bare_nginx(tmp_path, *sockets) as nginx,
    ):
        for number, path in enumerate(sockets, 1):
            await_file(path)
            for _ in range(3):
                status, body = nginx.ask(f"/metrics/{number}")
                told = json.loads(body)
                assert (status, told["path"], told["socket"]) == (200, "/metrics", str(path))
        assert nginx.ask("/metrics/3")[0] == 404


def test_plain_http_answers_an_authority_that_asks_for_a_proof(tmp_path: Path) -> None:
    path = "/.well-known/acme-challenge/token"
    with bare_nginx(tmp_path, tmp_path / "gateway.sock") as nginx:
        proof = nginx.challenges / path[1:]
        proof.parent.mkdir(parents=True)
        proof.write_bytes(b"token.thumbprint")
        assert nginx.ask_plain(path) == (200, b"token.thumbprint")
        assert nginx.ask_plain(f"{path}s")[0] == 404
        assert nginx.ask_plain("/.well-known/acme-challenge/")[0] == 403
