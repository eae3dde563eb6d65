"""What the containers and the units run, run without them: the same commands on other paths."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
from websockets.sync.client import unix_connect

from app.settings import Settings
from app.stack.programs import ROOT, find_nginx
from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer
from tests.ports import free_port
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer, valkey
from tests.stack.bare_nginx import PATIENCE, await_file, get, started, until

Services = dict[str, dict[str, Any]]
DOCKERFILE = ROOT / "Dockerfile"
COMPOSE = Path(sys.executable).with_name("docker-compose")


@pytest.fixture(scope="module")
def services() -> Services:
    """The compose file as compose reads it."""
    file = ["-f", str(ROOT / "docker-compose.prod.yml"), "--profile", "letsencrypt"]
    done = subprocess.run(
        [COMPOSE, *file, "config", "--format", "json", "--no-interpolate"],
        capture_output=True,
        check=True,
    )
    services: Services = json.loads(done.stdout)["services"]
    return services


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "STATE_DIR": str(tmp_path / "state"),
        "CERTS_DIR": str(tmp_path / "certs"),
        "GATEWAY_SOCKET": str(tmp_path / "gateway" / "gateway.sock"),
        "HTTPS_PORT": str(free_port()),
        "HTTP_PORT": str(free_port()),
    }


def test_it_serves_after_what_configure_does(
    services: Services, environment: dict[str, str], tmp_path: Path
) -> None:
    nginx, log = tmp_path / "nginx", tmp_path / "output"
    shell, flags, script = services["configure"]["command"]
    done = subprocess.run(
        [shell, flags, script.replace("/etc/iaqverse/nginx", str(nginx))],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("the settings are good\n")

    port, certs = int(environment["HTTPS_PORT"]), tmp_path / "certs"
    as_root = ["-g", "user root root;"] if os.geteuid() == 0 else []
    edge = [
        *(ROOT / "deploy" / "with_reload.sh", certs / "server.crt", find_nginx().path),
        *("-p", tmp_path, "-c", nginx / "nginx.conf", "-e", "/dev/stderr", *as_root),
    ]
    with ExitStack() as running, log.open("wb") as output:
        gateway = [sys.executable, "-m", "app", "serve"]
        running.enter_context(started(gateway, environment, output))
        await_file(Path(environment["GATEWAY_SOCKET"]))
        running.enter_context(started([str(word) for word in edge], environment, output))
        await_file(tmp_path / "nginx.pid")
        until(lambda: get(port, certs / "ca.crt", "/health/ready")[0] == 200, "it is ready")
        assert healthy(services["gateway"], tmp_path)
        assert b"<title>" in get(port, certs / "ca.crt", "/")[1]
    assert '"event":"request"' in log.read_text()
    assert not healthy(services["gateway"], tmp_path)


def healthy(gateway: dict[str, Any], folder: Path) -> bool:
    """What the engine asks."""
    _, _, flag, script = gateway["healthcheck"]["test"]
    here = script.replace("/run/gateway", str(folder / "gateway"))
    return (
        subprocess.run(
            [sys.executable, flag, here], stderr=subprocess.DEVNULL, check=False
        ).returncode
        == 0
    )


def test_the_documented_filter_finds_who_comes_and_goes(
    services: Services,
    environment: dict[str, str],
    tmp_path: Path,
    postgres: PostgresServer,
    redis_7: RedisServer,
) -> None:
    """`docker logs -f iaqverse-backend | grep WebSocket`: stdout is filtered, stderr goes past."""
    container = services["gateway"]
    assert container["container_name"] == "iaqverse-backend"
    assert container["logging"]["driver"] == "json-file"
    assert not container.get("command")
    (image_command,) = re.findall(r'^CMD (\["python".+\])$', DOCKERFILE.read_text(), re.MULTILINE)
    create_key(tmp_path / "state" / "keys")
    settings = {"WORKERS": "2", "DATABASE_URL": postgres.schema(), "REDIS_URL": redis_7.url}
    with (tmp_path / "stderr").open("wb") as stderr:
        gateway = subprocess.Popen(
            json.loads(image_command),
            cwd="/",
            env={**environment, **settings},
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        come_and_go(tmp_path)
    finally:
        gateway.terminate()
        output, _ = gateway.communicate(timeout=PATIENCE)
    found = [line for line in output.decode().splitlines() if "WebSocket" in line]
    assert [json.loads(line)["event"] for line in found] == [
        "WebSocket connected",
        "WebSocket disconnected",
    ]
    assert (tmp_path / "stderr").read_text() == ""


def come_and_go(folder: Path) -> None:
    """A dashboard at the first of several workers."""
    ring = KeyRing.load(folder / "state" / "keys")
    token = TokenIssuer(ring, Settings(_env_file=None).token_issuer).issue(
        subject="someone", tenant="acme", role=Role.DASHBOARD, ttl=600, now=time.time()
    )
    socket = folder / "gateway" / "gateway-1.sock"
    await_file(socket)
    bearer = {"Authorization": f"Bearer {token}"}
    with unix_connect(str(socket), "ws://localhost/ws", additional_headers=bearer) as dashboard:
        dashboard.recv(PATIENCE)


@pytest.fixture
def broker_port(services: Services, tmp_path: Path) -> Iterator[int]:
    """The broker as compose starts it, with the passwords that the script makes."""
    if os.geteuid() != 0:
        pytest.skip("the script gives files to the containers' users")
    subprocess.run(["sh", ROOT / "deploy" / "secrets.sh"], cwd=tmp_path, check=True)
    port = free_port()
    _, *words = services["redis"]["command"]
    words = [word.replace("/run/secrets", str(tmp_path / "secrets")) for word in words]
    with started([str(valkey()), "--port", str(port), "--dir", str(tmp_path), *words], {}):
        yield port


def test_the_broker_takes_the_address_that_the_gateway_gets(
    broker_port: int, tmp_path: Path
) -> None:
    address = (tmp_path / "secrets" / "redis_url").read_text()
    ours = address.replace("redis:6379", f"127.0.0.1:{broker_port}")
    assert ours != address
    with redis.Redis.from_url(ours, socket_timeout=PATIENCE) as client:
        until(lambda: answers(client), "the broker answers")
    with (
        redis.Redis(port=broker_port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_broker_is_healthy_to_who_asks_without_a_name(
    services: Services, broker_port: int
) -> None:
    program = shutil.which("valkey-cli") or shutil.which("redis-cli")
    if program is None:
        pytest.skip("no client of Valkey or Redis is installed")
    _, script = services["redis"]["healthcheck"]["test"]
    asked = script.replace("valkey-cli", f"{program} -p {broker_port}")
    until(lambda: subprocess.run(["sh", "-c", asked], check=False).returncode == 0, "healthy")


def test_the_broker_refuses_before_its_container_is_full(services: Services) -> None:
    words = services["redis"]["command"]
    bound, policy = (
        words[words.index(f"--{name}") + 1] for name in ("maxmemory", "maxmemory-policy")
    )
    assert (bound, policy) == ("768mb", "noeviction")
    assert services["redis"]["deploy"]["resources"]["limits"]["memory"] in {"1G", "1073741824"}


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
