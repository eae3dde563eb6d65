"""nginx, the gateway and the demo feed, as one program: all of them run, or none does."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.stack.certificates import CertificateError, Certificates, ensure
from app.stack.errors import StackError
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
from app.stack.process import Process, die_with_parent
from app.stack.programs import ROOT, MissingProgramError, Nginx, find_nginx
from app.stack.runtime import Runtime, prepared_runtime
from app.stack.running import Commands, Running
from app.stack.signals import Signals
from app.stack.welcome import welcome

ENV_FILE = Path(".env")
ENV_TEXT = """\
# Settings of this installation, one NAME=value a line. .env.example describes every one; what is
# not set here or in the environment has its default. Secrets of this installation belong here.
"""


def run_stack(
    settings: Settings,
    *,
    demo: bool,
    prepare: Callable[[Settings], Sequence[str]],
    commands: Commands | None = None,
) -> int:
    """Run everything until told to stop; the exit code, 0 for a stop that was asked for.

    `prepare` makes keys, database and demo accounts and returns lines for the greeting. Must be
    called from the main thread: it takes the process's signals.
    """
    if "MAKELEVEL" in os.environ:  # make does not pass every signal on, and may be killed
        die_with_parent(signal.SIGTERM)
    try:
        with Signals() as signals, prepared_runtime(settings) as runtime:
            return _run(settings, signals, runtime, prepare, commands or Commands.of_app(demo=demo))
    except (
        StackError,
        MissingProgramError,
        CertificateError,
        ServerNameError,
        UnusablePathError,
    ) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(
    settings: Settings,
    signals: Signals,
    runtime: Runtime,
    prepare: Callable[[Settings], Sequence[str]],
    commands: Commands,
) -> int:
    nginx = find_nginx()
    listening = Listening(
        loopback_only=listens_locally(settings, maintained=nginx.maintained),
        ipv6=has_ipv6(),
        http2=nginx.maintained,
    )
    check_ports(settings, addresses(listening))
    names = gateway_names(settings.server_name)
    certificates = ensure(settings.certs_dir.absolute(), names, time.time())
    _write_env_file()
    lines = prepare(settings)
    configuration = _configure(settings, runtime, certificates, listening)
    ...
