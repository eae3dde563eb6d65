"""`keys`: what signs tokens."""

from auth.keys import KeyRing
from tests.cli.command import USAGE, Shell


async def test_keys_are_made_once_listed_rotated_and_pruned(shell: Shell) -> None:
    (first,) = KeyRing.load(shell.state / "keys").keys
    init, listed = await shell.run_all("keys init", "keys list")
    assert (init.result(), listed.result()) == ("", f"{first}\tsigns")

    rotated = await shell.run("keys", "rotate", "--delay", "1h")
    second = rotated.result()
    assert rotated.err.startswith("it signs from ")
    states = dict(
        line.split("\t") for line in (await shell.run("keys", "list")).result().splitlines()
    )
    assert states.keys() == {first, second}
    assert states[first] == "signs"
    assert states[second].startswith("signs from ")

    (shell.state / "keys" / "signing").write_text(f"{first} 0 900\n{second} 1000 0\n")
    listed, pruned = await shell.run("keys", "list"), await shell.run("keys", "prune")
    assert f"{first}\tverifies until 1970-01-01T00:32:40Z" in listed.result()
    assert pruned.result() == first
    assert (await shell.run("keys", "list")).result() == f"{second}\tsigns"

    made = await shell.run("keys", "init", STATE_DIR="fresh")
    assert list(KeyRing.load(shell.folder / "fresh" / "keys").keys) == [made.result()]


async def test_a_rotation_needs_a_key_and_a_delay(shell: Shell) -> None:
    (none,) = await shell.run_all("keys rotate", STATE_DIR="fresh")
    (soon,) = await shell.run_all("keys rotate --delay soon")
    assert none.reason() == "no signing key in fresh/keys\n"
    assert "--delay" in soon.reason(USAGE)


async def test_keys_from_a_file_are_used_and_changed_in_the_file(shell: Shell) -> None:
    file = shell.folder / "shared.pem"
    (key,) = (shell.state / "keys").glob("*.pem")
    key.replace(file)
    words = ("keys list", "keys init", "keys rotate", "keys prune", "check-config")
    listed, init, *refused, checked = await shell.run_all(*words, SIGNING_KEY_FILE="shared.pem")
    assert listed.result().endswith("\tsigns")
    assert (init.result(), init.err) == ("", "there are keys already\n")
    assert all("a file of their own" in ended.reason() for ended in refused)
    assert checked.result() == ""
    for name, said in (("shared.pem", "ey"), ("absent.pem", "absent.pem cannot be read")):
        (token,) = await shell.run_all("token --role admin --tenant *", SIGNING_KEY_FILE=name)
        assert (token.out or token.err).startswith(said)


async def test_a_weak_secret_is_found_by_check_config(shell: Shell) -> None:
    file = shell.folder / "secret"
    file.touch(0o600)
    file.write_text("changeme" * 8)
    (checked,) = await shell.run_all(
        "check-config", TOKEN_ALGORITHM="HS256", TOKEN_SECRET_FILE="secret"
    )
    assert "not random" in checked.reason()
