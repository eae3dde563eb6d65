"""`user`: people's accounts, with passwords that are typed and never shown."""

from tests.cli.command import USAGE, Shell

SECRET = "a window that is open"


async def test_a_user_is_added_listed_disabled_enabled_and_given_a_password(shell: Shell) -> None:
    await shell.run("tenant", "add", "acme")
    added = await shell.run("user", "add", "Marie@acme", typed=f"{SECRET}\n")
    assert (added.result(), added.err) == ("", "user marie@acme added\n")

    for command, state in (("disable", "disabled"), ("enable", "active")):
        assert (await shell.run("user", command, "marie@acme")).result() == ""
        (line,) = (await shell.run("user", "list", "--tenant", "acme")).result().splitlines()
        name, role, _, shown = line.split("\t")
        assert (name, role, shown) == ("marie@acme", "dashboard", state)
    assert (await shell.run("user", "sign-out", "marie@acme")).result() == ""
    changed = await shell.run("user", "password", "marie@acme", typed=f"{SECRET} wide\n")
    assert changed.result() == ""


async def test_the_first_admin_of_the_platform_is_made_by_a_command(shell: Shell) -> None:
    words = ("user", "add", "ops@*", "--role", "admin")
    assert (await shell.run(*words, typed=f"{SECRET}\n")).result() == ""
    listed = await shell.run("user", "list", "--tenant", "*")
    assert listed.result().startswith("ops@*\tadmin\t")


async def test_what_cannot_be_is_refused_with_a_sentence(shell: Shell) -> None:
    await shell.run("tenant", "add", "acme")
    for words, typed, said in (
        ("marie@acme", "short", "12 to 128"),
        ("marie@acme", "", "12 to 128"),
        ("marie@acme", "password1234", "among the first"),
        ("marie", SECRET, "name@tenant"),
        ("marie@nowhere", SECRET, "no tenant"),
        ("marie@acme --role device", SECRET, "dashboard or admin"),
        ("marie@* --role dashboard", SECRET, "only an admin"),
        ("marie@acme --topics weather", SECRET, "a topic starts with"),
    ):
        refused = await shell.run("user", "add", *words.split(), typed=f"{typed}\n")
        assert said in refused.reason()
        assert not typed or typed not in refused.err
    for command in ("disable", "enable"):
        refused = await shell.run("user", command, "marie@acme")
        assert refused.reason() == "there is no user of that name\n"


async def test_a_password_is_never_an_argument(shell: Shell) -> None:
    ended = await shell.run("user", "add", "marie@acme", "--password", SECRET)
    ended.reason(USAGE)
