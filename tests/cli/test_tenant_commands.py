"""`tenant`: what operators keep."""

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
