"""nginx, the gateway and the demo feed as one program: all of them run, or none does."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from app.settings import Settings
from app.stack.certificates import CertificateError, Certificates, ensure
from app.stack.errors import StackError
from app.stack.log_files import cut_all
from app.stack.names import ServerNameError, gateway_names
from app.stack.nginx_config import (
    Listening,
    Places,
    UnusablePathError,
    addresses,
    listens_locally,
    render,
    write,
)
from app.stack.ports import check_ports, has_ipv6
from app.stack.process import die_with_parent
from app.stack.processes import Commands, Processes
from app.stack.programs import MissingProgramError, Nginx, find_nginx
from app.stack.readiness import Readiness
from app.stack.runtime import Runtime, prepared_runtime
from app.stack.signals import Signals
from app.stack.welcome import welcome
from app.stack.workers import sockets

REFUSALS = (StackError, MissingProgramError, CertificateError, ServerNameError, UnusablePathError)
ENV_FILE = Path(".env")
ENV_TEXT = """\
# Settings and secrets of this installation, one NAME=value a line; .env.example describes them all.
# What stands neither here nor in the environment has its default.
"""


def run_stack(
    settings: Settings,
    *,
    demo: bool,
    prepare: Callable[[Settings], Sequence[str]],
    commands: Commands | None = None,
) -> int:
    """Run everything until told to stop; the exit code, 0 when the stop was asked for.

    `prepare` makes what the gateway needs before it starts (keys, database, demo tenant) and
    returns lines for the greeting. To be called from the main thread: it takes the signals.
    """
    if "MAKELEVEL" in os.environ:  # make keeps some signals to itself, and may be killed
        die_with_parent(signal.SIGTERM)
    try:
        with Signals() as signals, prepared_runtime(settings) as runtime:
            _Stack(settings, signals, runtime).run(commands or Commands(), prepare, demo=demo)
    except REFUSALS as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


class _Stack:
    def __init__(self, settings: Settings, signals: Signals, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        environment = {**os.environ, "GATEWAY_SOCKET": str(runtime.socket)}
        self._processes = Processes(signals, runtime.logs, environment)

    def run(
        self,
        commands: Commands,
        prepare: Callable[[Settings], Sequence[str]],
        *,
        demo: bool,
    ) -> None:
        nginx = find_nginx()
        listening = Listening(
            loopback_only=listens_locally(self._settings, maintained=nginx.maintained),
            ipv6=has_ipv6(),
            http2=nginx.maintained,
        )
        check_ports(self._settings, addresses(listening))
        certificates = self._certificates()
        self._served = certificates.chain.read_bytes()
        _write_env_file()
        lines = prepare(self._settings)
        try:
            self._processes.start(commands.gateway, self._nginx(nginx, certificates, listening))
            if not self._processes.await_ready(
                Readiness(self._settings.https_port, certificates.chain)
            ):
                return
            sys.stdout.write(welcome(self._settings, certificates, self._runtime.logs, lines))
            sys.stdout.flush()
            if demo:
                self._processes.start_demo(commands.demo)
            self._processes.watch(self._tend)
        finally:
            self._processes.stop()

    def _nginx(
        self, nginx: Nginx, certificates: Certificates, listening: Listening
    ) -> tuple[str, ...]:
        """Write the configuration; the command that runs nginx with it."""
        runtime = self._runtime
        error_log = runtime.logs / "nginx-error.log"
        places = Places(
            sockets=sockets(runtime.socket, self._settings.workers),
            frontend=runtime.frontend,
            chain=certificates.chain,
            key=certificates.key,
            challenges=self._settings.certs_dir.absolute() / "challenges",
            access_log=runtime.logs / "nginx-access.log",
            error_log=error_log,
        )
        user = runtime.worker.name if runtime.worker else ""
        main = write(runtime.nginx, render(self._settings, places, listening, user))
        prefix = f"{runtime.nginx}/"
        return (str(nginx.path), "-p", prefix, "-c", str(main), "-e", str(error_log))

    def _certificates(self) -> Certificates:
        names, now = gateway_names(self._settings.server_name), time.time()
        found = ensure(self._settings.certs_dir.absolute(), names, now)
        if found.expires_at <= now:
            raise CertificateError(f"{found.chain} is yours and has expired: renew it")
        return found

    def _tend(self) -> None:
        """Keep the logs within their bound and the certificate valid, however long this runs."""
        for reason in cut_all(self._runtime.logs):
            sys.stderr.write(f"{reason}\n")
        try:
            chain = self._certificates().chain.read_bytes()
            if chain != self._served:  # renewed by us or by its operator
                self._served = chain
                self._processes.reload_nginx()
        except CertificateError as error:
            sys.stderr.write(f"{error}\n")


def _write_env_file() -> None:
    with suppress(FileExistsError):
        file = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as text:
            text.write(ENV_TEXT)
