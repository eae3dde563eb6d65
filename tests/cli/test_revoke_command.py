"""`revoke`: whatever was issued, whether it is registered or not."""

from tests.cli.command import USAGE, Shell


async def test_what_is_revoked_stands_in_the_audit(shell: Shell) -> None:
    for what, act in (
        ("token", "token_revoked"),
        ("user", "user_signed_out"),
        ("device", "device_revoked"),
        ("service", "service_revoked"),
    ):
        revoked = await shell.run("revoke", what, "oidc:x", "--tenant", "acme")
        assert (revoked.result(), revoked.err) == ("", f"{what} oidc:x revoked\n")
        line = (await shell.run("audit", "--limit", "1")).result().split("\t")
        assert (line[1], line[2], line[4], line[5]) == ("acme", act, "oidc:x", "cli")
    (await shell.run("revoke", "tenant", "acme", "--tenant", "acme")).reason(USAGE)
    assert "a tenant's name" in (await shell.run("revoke", "user", "x", "--tenant", "A!")).reason()
