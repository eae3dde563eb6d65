"""`tenant`, `device` and `keys`: what operators keep."""

from auth.keys import KeyRing
from tests.cli.command import USAGE, Shell


async def test_a_tenant_is_added_listed_disabled_and_enabled(shell: Shell) -> None:
    added = await shell.run("tenant", "add", "acme")
    assert (added.result(), added.err) == ("", "tenant acme added\n")

    again, bad, platform, unknown = await shell.run_all(
        "tenant add acme", "tenant add A", "tenant add *", "tenant disable nobody"
    )
    assert again.reason() == "there is a tenant of that name\n"
    assert "a tenant's name" in bad.reason()
    assert "a tenant's name" in platform.reason()
    assert unknown.reason() == "there is no tenant of that name\n"

    for command, state in (("disable", "disabled"), ("enable", "active")):
        assert (await shell.run("tenant", command, "acme")).result() == ""
        listed = (await shell.run("tenant", "list")).result().split("\t")
        assert (listed[0], listed[2]) == ("acme", state)


async def test_a_tenant_keeps_its_past_for_as_long_as_it_is_told_to(shell: Shell) -> None:
    await shell.run("tenant", "add", "acme")
    for options, days in (
        (("--raw", "90", "--hourly", "730", "--daily", "0"), ["90", "730", "0"]),
        (("--raw", "0"), ["0", "-", "-"]),
        ((), ["-", "-", "-"]),
    ):
        (await shell.run("tenant", "retention", "acme", *options)).result()
        listed = (await shell.run("tenant", "list")).result().split("\t")
        assert listed[3:] == days
    unknown, negative = await shell.run_all(
        "tenant retention nobody --raw 1", "tenant retention acme --raw -1"
    )
    assert unknown.reason() == "there is no tenant of that name\n"
    assert "--raw" in negative.reason(USAGE)


async def test_a_device_is_added_listed_and_revoked(shell: Shell) -> None:
    token, sensorless = await shell.run_all(
        "device add hub1 --tenant acme --sensors s1,s2",
        "device add hub2 --tenant acme --sensors ,",
    )
    assert token.result().count(".") == 2
    assert "at least one sensor" in sensorless.reason()

    again, other, unknown = await shell.run_all(
        "device add hub1 --tenant acme --sensors s1",
        "device list --tenant globex",
        "device revoke hub9 --tenant acme",
    )
    assert again.reason() == "the tenant has a device of that name\n"
    assert other.result() == ""
    assert unknown.reason() == "the tenant has no device of that name\n"

    assert (await shell.run("device", "revoke", "hub1", "--tenant", "acme")).result() == ""
    name, sensors, ends, state = (
        (await shell.run("device", "list", "--tenant", "acme")).result().split("\t")
    )
    assert (name, sensors, state) == ("hub1", "s1,s2", "revoked")
    assert ends.endswith("Z")


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
    listed, *refused, checked = await shell.run_all(*words, SIGNING_KEY_FILE="shared.pem")
    assert listed.result().endswith("\tsigns")
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
