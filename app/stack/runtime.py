"""Where the running stack keeps its socket, its configuration and the pages nginx serves.

All of it lives in `STATE_DIR/run`. nginx's workers give up root, so in a private home, which they
cannot enter, a folder in the system's temporary one takes its place; likewise where the path is
longer than a unix socket's may be.
"""

import fcntl
import grp
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.stack.errors import StackError
from app.stack.programs import ROOT

LONGEST_SOCKET_PATH = 100
"""Bytes; `sun_path` holds 104 (macOS) or 108 (Linux) with the NUL at its end."""
WORKER_USERS = ("www-data", "nginx", "nobody")
TEMPORARY_PREFIX = "iaqverse-"


@dataclass(frozen=True, slots=True)
class WorkerUser:
    uid: int
    gid: int
    name: str
    """`user group`, as nginx's configuration wants it."""


@dataclass(frozen=True, slots=True)
class Runtime:
    nginx: Path
    """nginx's prefix: configuration, pid file, temporary files."""
    socket: Path
    frontend: Path
    logs: Path
    worker: WorkerUser | None
    """Whom nginx's workers become; None when we are not root."""


@contextmanager
def prepared_runtime(settings: Settings) -> Iterator[Runtime]:
    """Make the folders; one stack at a time for each `STATE_DIR`. Raises `StackError`."""
    state = settings.state_dir.absolute()
    run, logs = state / "run", state / "log"
    for folder, mode in ((state, 0o755), (run, 0o755), (logs, 0o700)):
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    with _alone(run):
        remove_temporary(run)
        worker = _worker_user() if os.geteuid() == 0 else None
        base = _base_folder(run, worker)
        try:
            yield Runtime(
                nginx=_fresh_folder(base / "nginx", 0o755),
                socket=_socket(settings, base, worker),
                frontend=_frontend(base, worker),
                logs=logs,
                worker=worker,
            )
        finally:
            remove_temporary(run)


def _base_folder(run: Path, worker: WorkerUser | None) -> Path:
    too_long = len(os.fsencode(run / "gateway" / "gateway.sock")) > LONGEST_SOCKET_PATH
    if not too_long and (worker is None or _may_read(run, worker)):
        return run
    base = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX))
    base.chmod(0o755)
    (run / "temporary").write_text(str(base), encoding="utf-8")
    return base


def _socket(settings: Settings, base: Path, worker: WorkerUser | None) -> Path:
    """The folder is closed, since uvicorn opens the socket in it to everyone (mode 0666)."""
    if settings.gateway_socket:
        return settings.gateway_socket.absolute()
    folder = _fresh_folder(base / "gateway", 0o700)
    if worker:
        os.chown(folder, worker.uid, worker.gid)
    return folder / "gateway.sock"


def _frontend(base: Path, worker: WorkerUser | None) -> Path:
    pages = ROOT / "frontend"
    if worker is None or all(_may_read(path, worker) for path in (pages, *pages.rglob("*"))):
        return pages
    copy = _fresh_folder(base / "frontend", 0o755)
    shutil.copytree(pages, copy, dirs_exist_ok=True)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def _fresh_folder(path: Path, mode: int) -> Path:
    with suppress(FileNotFoundError):
        shutil.rmtree(path)
    path.mkdir()
    path.chmod(mode)
    return path


def _may_read(path: Path, worker: WorkerUser) -> bool:
    """Whether the worker's user can open a file, or look into a folder, by permission bits."""
    wanted = (stat.S_IXOTH if path.is_dir() else 0) | stat.S_IROTH
    return _allows(path, worker, wanted) and all(
        _allows(parent, worker, stat.S_IXOTH) for parent in path.absolute().parents
    )


def _allows(path: Path, worker: WorkerUser, wanted: int) -> bool:
    info = path.stat()
    if info.st_uid == worker.uid:
        wanted <<= 6
    elif info.st_gid == worker.gid:
        wanted <<= 3
    return info.st_mode & wanted == wanted


def _worker_user() -> WorkerUser:
    for name in WORKER_USERS:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            group = grp.getgrgid(user.pw_gid)
            return WorkerUser(user.pw_uid, user.pw_gid, f"{name} {group.gr_name}")
    raise StackError(f"nginx needs one of these users as root: {', '.join(WORKER_USERS)}.")


def remove_temporary(run: Path) -> None:
    """Remove the folder that this run, or a run that was killed, had in the temporary one."""
    note = run / "temporary"
    with suppress(FileNotFoundError):
        folder = Path(note.read_text(encoding="utf-8"))
        known = folder.name.startswith(TEMPORARY_PREFIX)
        if known and not folder.is_symlink() and folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder)
    note.unlink(missing_ok=True)


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    with (run / "stack.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"A gateway runs on {run.parent} already: stop it, or choose another STATE_DIR."
            ) from error
        yield
