"""One Ctrl-C ends everything, one crash ends everything, and nothing is ever left running."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.stack.bare_nginx import serial, until
from tests.stack.own_certificate import put
from tests.stack.stack_process import PATIENCE, StackProcess

DEATHS = {
    "supervisor": "standin_stack",
    "gateway": "standin_gateway",
    "nginx master": "nginx: master",
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_stop_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    with StackProcess(tmp_path, "demo") as stack:
        stack.look()
        started = time.monotonic()
        stack.process.send_signal(number)
        assert stack.process.wait(10) == 0
        assert time.monotonic() - started < 10
        stack.await_nothing_left()


@pytest.mark.parametrize("victim", DEATHS)
def test_killing_any_process_leaves_nothing(tmp_path: Path, victim: str) -> None:
    with StackProcess(tmp_path, "demo") as stack:
        # supervisor, gateway, demo, nginx and at least one worker
        assert len(stack.look()) >= 5
        os.kill(stack.find(DEATHS[victim]).pid, signal.SIGKILL)
        stack.process.wait(PATIENCE)
        stack.await_nothing_left()


@pytest.mark.parametrize(
    ("victim", "log"), [("gateway", "gateway"), ("nginx master", "nginx-error")]
)
def test_a_crash_is_told_with_the_log_to_read(tmp_path: Path, victim: str, log: str) -> None:
    with StackProcess(tmp_path) as stack:
        os.kill(stack.find(DEATHS[victim]).pid, signal.SIGKILL)
        assert stack.process.wait(PATIENCE) == 1
        name = victim.partition(" ")[0]
        said = f"{name} was killed by SIGKILL: see {tmp_path}/var/log/{log}.log"
        assert said in stack.output.read_text()


def test_a_feed_that_fails_leaves_the_gateway_running(tmp_path: Path) -> None:
    with StackProcess(tmp_path, "broken-demo") as stack:
        stack.await_text("demo ended with exit code 3")
        stack.await_text("trying again")
        assert stack.ask("/health/ready").status == 200


def test_a_certificate_that_its_operator_renewed_is_taken_over(tmp_path: Path) -> None:
    with StackProcess(tmp_path, "tended") as stack:
        before = serial(stack.https_port)
        put(tmp_path / "certs", time.time(), "localhost")
        until(lambda: serial(stack.https_port) != before, "another certificate is served")


def test_an_expired_certificate_is_one_sentence_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    put(tmp_path / "certs", time.time() - 91 * 86_400, "localhost")
    stack = StackProcess(tmp_path)
    stack.launch()
    assert stack.process.wait(PATIENCE) == 1
    assert stack.output.read_text().endswith("server.crt is yours and has expired: renew it\n")


def test_a_gateway_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    with StackProcess(tmp_path) as stack:
        frozen, nginx = stack.find("standin_gateway"), stack.find("nginx: master")
        os.kill(frozen.pid, signal.SIGSTOP)
        stack.process.send_signal(signal.SIGTERM)
        until(lambda: not nginx.alive, "the first one is heeded")  # else the two may come as one
        stack.process.send_signal(signal.SIGTERM)  # the second one does not wait
        assert stack.process.wait(8) == 0
        stack.await_nothing_left()


@pytest.mark.parametrize("setting", ["HTTPS_PORT", "HTTP_PORT"])
def test_a_taken_port_is_one_sentence_and_nothing_starts(tmp_path: Path, setting: str) -> None:
    stack = StackProcess(tmp_path)
    with socket.create_server(("127.0.0.1", int(stack.environment[setting]))):
        stack.launch()
        assert stack.process.wait(PATIENCE) == 1
    said = stack.output.read_text()
    assert said.startswith(f"Port {stack.environment[setting]} is taken: ")
    assert setting in said
    assert len(said.splitlines()) == 1
    assert not list((tmp_path / "var" / "log").iterdir())


def test_two_stacks_run_side_by_side(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with StackProcess(folders[0]) as one, StackProcess(folders[1]) as two:
        for stack in (one, two):
            assert stack.ask("/health/live").status == 200


def test_one_state_folder_holds_one_stack(tmp_path: Path) -> None:
    with StackProcess(tmp_path) as first:
        (tmp_path / "second").mkdir()
        second = StackProcess(tmp_path / "second", STATE_DIR=first.environment["STATE_DIR"])
        second.launch()
        assert second.process.wait(PATIENCE) == 1
        assert "stop it, or choose another STATE_DIR" in second.output.read_text()


@pytest.mark.parametrize("name", ["private", "long" * 25])
def test_a_private_or_long_path_is_served_from_a_temporary_folder(
    open_folder: Path, name: str
) -> None:
    home, temporary = open_folder / name, open_folder / "tmp"
    home.mkdir(mode=0o700)
    temporary.mkdir()
    with StackProcess(home, TMPDIR=temporary) as stack:
        assert stack.ask("/health/ready").status == 200
        in_the_way = name != "private" or os.geteuid() == 0
        assert len(list(temporary.iterdir())) == in_the_way
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(PATIENCE) == 0
    assert not list(temporary.iterdir())


def test_what_a_killed_run_left_in_the_temporary_folder_goes_with_the_next(
    open_folder: Path,
) -> None:
    home, temporary = open_folder / ("long" * 25), open_folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    with StackProcess(home, TMPDIR=temporary) as stack:
        stack.look()
        stack.process.kill()
        stack.process.wait(PATIENCE)
        stack.await_nothing_left()
    with StackProcess(home, TMPDIR=temporary) as stack:
        assert len(list(temporary.iterdir())) == 1
        stack.process.send_signal(signal.SIGTERM)
        stack.process.wait(PATIENCE)
    assert not list(temporary.iterdir())


def test_the_first_run_writes_a_private_settings_file_and_the_next_keeps_it(tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    with StackProcess(tmp_path):
        assert settings.stat().st_mode & 0o777 == 0o600
    settings.write_text("LOG_LEVEL=DEBUG\n")
    with StackProcess(tmp_path):
        assert settings.read_text() == "LOG_LEVEL=DEBUG\n"


def test_state_is_closed_to_other_users(open_folder: Path) -> None:
    with StackProcess(open_folder):
        var = open_folder / "var"
        assert (var / "log").stat().st_mode & 0o777 == 0o700
        assert (var / "run" / "gateway").stat().st_mode & 0o777 == 0o700
        for log in (var / "log").iterdir():
            assert log.stat().st_mode & 0o077 == 0, log
