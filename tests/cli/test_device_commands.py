"""`device`, `service` and `token list`: what tokens were given out, and their end."""

from tests.cli.command import USAGE, Ended, Shell
from tests.cli.test_token_command import verified
from tests.stack.client_certificates import Authority

PLACE = "--enseigne Maison --salle Bureau --interval 60"


async def typed(shell: Shell, words: str) -> Ended:
    (ended,) = await shell.run_all(words)
    return ended


async def tokens_of(shell: Shell, tenant: str = "acme") -> list[list[str]]:
    printed = (await shell.run("token", "list", "--tenant", tenant)).result()
    return [line.split("\t") for line in printed.splitlines()]


async def test_a_device_is_added_listed_and_shut_out(shell: Shell) -> None:
    token, sensorless = await shell.run_all(
        f"device add hub1 --tenant acme --sensors s1,s2 {PLACE}",
        "device add hub2 --tenant acme --sensors ,",
    )
    assert verified(shell, token.result()).sensors == frozenset({"s1", "s2"})
    assert "at least one sensor" in sensorless.reason()

    again, other, *unknown = await shell.run_all(
        "device add hub1 --tenant acme --sensors s1",
        "device list --tenant globex",
        *(f"device {act} hub9 --tenant acme" for act in ("revoke", "rotate", "disable")),
    )
    assert again.reason() == "the tenant has a device of that id\n"
    assert other.result() == ""
    for ended in unknown:
        assert ended.reason() == "the tenant has no device of that id\n"

    for act, state in (("revoke", "active"), ("disable", "disabled"), ("enable", "active")):
        assert (await shell.run("device", act, "hub1", "--tenant", "acme")).result() == ""
        listed = (await shell.run("device", "list", "--tenant", "acme")).result()
        assert listed.split("\t") == ["hub1", "s1,s2", "Maison", "Bureau", "60", state]
    (await typed(shell, "device change hub1 --tenant acme --sensors s3 --interval 5")).result()
    listed = (await shell.run("device", "list", "--tenant", "acme")).result()
    assert listed.split("\t") == ["hub1", "s3", "Maison", "Bureau", "5", "active"]
    ((token_id, *members),) = await tokens_of(shell)
    assert token_id == verified(shell, token.result()).token_id
    assert (members[:2], members[4:]) == (["device", "hub1"], ["revoked", "-", "-", "-"])


async def test_a_rotated_devices_tokens_are_both_good_for_the_grace(shell: Shell) -> None:
    first = await typed(shell, "device add hub --tenant acme --sensors s1 --ttl 90d")
    second = await typed(shell, "device rotate hub --tenant acme --grace 24h")
    tokens = {line[0]: line for line in await tokens_of(shell)}  # both may be of one second
    former, newest = (tokens[verified(shell, each.result()).token_id] for each in (first, second))
    assert newest[4] > former[4]
    assert (former[5], newest[5]) == ("active", "active")
    third, soon = await shell.run_all(
        "device rotate hub --tenant acme --grace 0s",
        "device rotate hub --tenant acme --grace soon",
    )
    assert third.code == 0
    assert "--grace" in soon.reason(USAGE)
    states = sorted(line[5] for line in await tokens_of(shell))
    assert states == ["active", "revoked", "revoked"]


async def test_a_services_tokens_are_registered_rotated_and_revoked(shell: Shell) -> None:
    added = await typed(shell, "service add predictor --tenant acme --topics predictions --ttl 30d")
    first = verified(shell, added.result())
    rotated = await typed(shell, "service rotate predictor --tenant acme --grace 1h")
    second = verified(shell, rotated.result())
    assert (second.subject, second.topics) == ("predictor", ("predictions",))
    assert second.expires_at - second.issued_at == 30 * 86_400

    listed = (await shell.run("service", "list", "--tenant", "acme")).result().splitlines()
    assert {line.split("\t")[0] for line in listed} == {first.token_id, second.token_id}
    (await shell.run("service", "revoke", "predictor", "--tenant", "acme")).result()
    assert {line[5] for line in await tokens_of(shell)} == {"revoked"}
    gone, unknown = await shell.run_all(
        "service rotate predictor --tenant acme", "service revoke nobody --tenant acme"
    )
    assert "no such service" in gone.reason()
    assert "no such service" in unknown.reason()


async def test_what_the_token_command_prints_is_registered(shell: Shell) -> None:
    token = await typed(shell, "token --role admin --tenant * --subject ops")
    token_id = verified(shell, token.result()).token_id
    ((listed, *_),) = await tokens_of(shell, "*")
    assert listed == token_id
    foreign, own = await shell.run_all(
        f"token revoke --tenant acme -- {token_id}", f"token revoke --tenant * -- {token_id}"
    )
    assert foreign.reason() == "the tenant has no token of that id\n"
    assert own.result() == ""
    ((*_, state, _, _, _),) = await tokens_of(shell, "*")
    assert state == "revoked"


async def test_a_claim_code_is_printed_instead_of_a_token(shell: Shell) -> None:
    added = await typed(shell, "device add hub --tenant acme --sensors s1 --claim")
    again = await typed(shell, "device claim-code hub --tenant acme --life 1h")
    unknown = await typed(shell, "device claim-code box --tenant acme")
    assert len(added.result()) == len(again.result()) == 23
    assert again.err == f"as a QR code: IAQVERSE:LOCALHOST:8443/{again.result()}\n"
    assert unknown.reason() == "the tenant has no device of that id\n"
    assert await tokens_of(shell) == []


async def test_a_client_certificate_is_taken_from_a_file(shell: Shell) -> None:
    authority = Authority(shell.folder)
    authority.sign("hub")
    (await typed(shell, "device add hub --tenant acme --sensors s1")).result()
    taken = await typed(shell, "device certificate hub hub.pem --tenant acme")
    assert taken.result().startswith("cert-")
    for file in ("devices.key", "var/gateway.db"):
        ended = await typed(shell, f"device certificate hub {file} --tenant acme")
        assert "no PEM" in ended.reason()
