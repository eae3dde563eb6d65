"""nginx and the gateway, each a process that may be killed and started while the other runs."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.names import gateway_names
from app.stack.nginx_config import Listening, Places, render, write
from app.stack.process import die_with_parent
from app.stack.programs import ROOT, find_nginx
from app.stack.readiness import Readiness
from app.stack.runtime import prepared_runtime
from app.stack.workers import sockets
from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer
from tests.ports import free_port

TENANT = "acme"
TOKEN_TTL = 3_600
LIFTED = 50
"""A LIMIT_SCALE that no rate stands in the way of."""
PATIENCE = 60.0
"""Seconds for what takes one, on a machine that others use as well."""


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(0.005)


class Stack:
    """`with Stack(folder) as stack`: both run. State is in `folder/var`, which may be a disk of its
    own; further settings come by name.
    """

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "STATE_DIR": str(folder / "var"),
            "CERTS_DIR": str(folder / "certs"),
            "HTTPS_PORT": str(free_port()),
            "HTTP_PORT": str(free_port()),
            "LIMIT_SCALE": str(LIFTED),
            "HISTORY_MAX_RECORDS": "1000000",
            **{name: str(value) for name, value in settings.items()},
        }
        values: dict[str, Any] = {name.lower(): value for name, value in self.environment.items()}
        self.settings = Settings(_env_file=None, **values)
        self._held = ExitStack()

    def __enter__(self) -> Self:
        settings = self.settings
        with ExitStack() as held:
            runtime = held.enter_context(prepared_runtime(settings))
            certificates = ensure(
                settings.certs_dir, gateway_names(settings.server_name), time.time()
            )
            self.authority = certificates.authority
            self.tls = ssl.create_default_context(cafile=self.authority)
            self._readiness = Readiness(settings.https_port, certificates.chain)
            create_key(settings.keys_dir)
            self._issuer = TokenIssuer(KeyRing.load(settings.keys_dir), settings.token_issuer)
            self.environment["GATEWAY_SOCKET"] = str(runtime.socket)
            self._logs = runtime.logs
            error_log = runtime.logs / "nginx-error.log"
            nginx = find_nginx()
            text = render(
                settings,
                Places(
                    sockets=sockets(runtime.socket, settings.workers),
                    frontend=runtime.frontend,
                    chain=certificates.chain,
                    key=certificates.key,
                    challenges=runtime.nginx,
                    access_log=runtime.logs / "nginx-access.log",
                    error_log=error_log,
                ),
                Listening(loopback_only=True, ipv6=False, http2=nginx.maintained),
                runtime.worker.name if runtime.worker else "",
            )
            main = write(runtime.nginx, text)
            self._nginx_command = (
                str(nginx.path), "-p", f"{runtime.nginx}/", "-c", str(main), "-e", str(error_log),
            )  # fmt: skip
            held.callback(self._stop_all)
            self.start_nginx()
            self.start_gateway()
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def start_gateway(self) -> None:
        self.gateway = self._start("gateway", sys.executable, "-m", "app", "serve")

    def kill_gateway(self) -> None:
        self.gateway.kill()
        self.gateway.wait()

    def workers(self) -> list[int]:
        """Their processes, where it has several."""
        return _children(self.gateway.pid)

    def stop_gateway(self) -> None:
        """As an operator does: it drains first."""
        self.gateway.terminate()
        assert self.gateway.wait(PATIENCE) == 0

    def start_nginx(self) -> None:
        self.nginx = self._start("nginx", *self._nginx_command)

    def nginx_workers(self) -> list[int]:
        """Each connection is one of theirs; the master starts others in their place."""
        return _children(self.nginx.pid)

    def reload_nginx(self) -> None:
        self.nginx.send_signal(signal.SIGHUP)

    def restart_nginx(self) -> None:
        """At once: every connection through it is cut."""
        self.nginx.terminate()
        self.nginx.wait(PATIENCE)
        self.start_nginx()

    async def ready(self) -> None:
        """Until the whole way works and every worker listens; an ended gateway fails at once."""
        deadline = time.monotonic() + PATIENCE
        paths = sockets(Path(self.environment["GATEWAY_SOCKET"]), self.settings.workers)
        await until(lambda: all(map(_listens, paths)), "every worker listens")
        while reason := await asyncio.to_thread(self._readiness.ask):
            assert self.gateway.poll() is None, self.log("gateway")[-2_000:]
            assert time.monotonic() < deadline, reason
            await asyncio.sleep(0.02)

    def token(self, role: Role, subject: str = "someone", tenant: str = TENANT) -> str:
        return self._issuer.issue(
            subject=subject, tenant=tenant, role=role, ttl=TOKEN_TTL, now=time.time()
        )

    def client(
        self, role: Role | None = None, subject: str = "someone", tenant: str = TENANT
    ) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token(role, subject, tenant)}"} if role else {}
        return httpx2.AsyncClient(
            base_url=self.settings.origin,
            headers=headers,
            verify=self.tls,
            timeout=PATIENCE / 2,  # less than what is waited for, if one is never answered
            trust_env=False,
        )

    def log(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def _start(self, name: str, *command: str) -> "subprocess.Popen[bytes]":
        dies_by = signal.SIGTERM if name == "nginx" else signal.SIGKILL
        with (self._logs / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(dies_by),  # noqa: PLW1509  (started from the main thread)
            )

    def _stop_all(self) -> None:
        """Let nginx's master take its workers along."""
        for name, end in (("nginx", signal.SIGTERM), ("gateway", signal.SIGKILL)):
            process = getattr(self, name, None)
            if process is not None and process.poll() is None:
                process.send_signal(end)
                process.wait(PATIENCE)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0


def _children(pid: int) -> list[int]:
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())]
