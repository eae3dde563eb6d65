"""`revoke`: whatever was issued, whether it is registered or not."""

from tests.cli.command import Shell


async def test_what_is_revoked_stands_in_the_audit(shell: Shell) -> None:
    revoked = await shell.run("revoke", "user", "oidc:x", "--tenant", "acme")
    assert (revoked.result(), revoked.err) == ("", "user oidc:x revoked\n")
    line = (await shell.run("audit", "--tenant", "acme")).result().split("\t")
    assert (line[2], line[4], line[5]) == ("user_signed_out", "oidc:x", "cli")
    assert "a tenant's name" in (await shell.run("revoke", "user", "x", "--tenant", "A!")).reason()
