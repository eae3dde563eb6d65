"""`audit`: what commands did, and who typed them."""

import getpass
from collections import Counter
from pathlib import Path

from tests.cli.command import Shell

SECRET = "a window that is open"


async def test_every_command_that_changes_something_leaves_a_line(shell: Shell) -> None:
    words = (
        "tenant add acme",
        "tenant disable acme",
        "tenant enable acme",
        "tenant retention acme --raw 10",
        "user add marie@acme",
        "user password marie@acme",
        "user disable marie@acme",
        "user enable marie@acme",
        "device add hub --tenant acme --sensors s1",
        "device rotate hub --tenant acme",
        "device revoke hub --tenant acme",
        "device disable hub --tenant acme",
        "device enable hub --tenant acme",
        "token --role dashboard --tenant acme",
        "keys rotate",
    )
    results = [(await shell.run(*each.split(), typed=f"{SECRET}\n")).result() for each in words]
    printed = (await shell.run("audit")).result()
    lines = [line.split("\t") for line in printed.splitlines()]
    assert Counter(line[2] for line in lines) == Counter([
        "tenant_added", "tenant_disabled", "tenant_enabled", "tenant_retention", "user_added",
        "user_password", "user_disabled", "user_enabled", "device_added", "token_issued",
        "device_rotated", "token_issued", "device_revoked", "device_disabled", "device_enabled",
        "token_issued", "keys_rotated",
    ])  # fmt: skip
    assert {line[3] for line in lines} == {getpass.getuser()}
    assert {line[5] for line in lines} == {"cli"}
    secrets = [SECRET, *(token for token in results if token.count(".") == 2)]
    assert len(secrets) == 4
    assert not any(secret in printed for secret in secrets)
    platforms = (await shell.run("audit", "--tenant", "*")).result().split("\t")
    assert platforms[2] == "keys_rotated"


async def test_keys_and_copies_leave_a_line_for_the_platform(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    first = (await shell.run("keys", "init")).result()
    second = (await shell.run("keys", "rotate")).result()
    (shell.state / "keys" / "signing").write_text(f"{first} 0 900\n{second} 1000 0\n")
    await shell.run("keys", "prune")
    await shell.run("backup", "copy.db")
    await shell.run("restore", "copy.db")  # in which the copy itself is not told of
    await shell.run("backup", "another.db")
    printed = (await shell.run("audit", "--tenant", "*")).result()
    lines = [line.split("\t") for line in printed.splitlines()]
    assert [(line[2], line[4]) for line in lines] == [
        ("key_made", first),
        ("keys_rotated", second),
        ("key_pruned", first),
        ("restored", "copy.db"),
        ("backed_up", "another.db"),
    ]


async def test_what_was_refused_changed_nothing_and_leaves_none(shell: Shell) -> None:
    assert (await shell.run("tenant", "disable", "nobody")).code == 1
    assert (await shell.run("audit")).result() == ""
