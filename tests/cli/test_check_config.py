"""`check-config` finds every mistake of an installation in one go, and repeats no value."""

from tests.cli.command import Shell

SECRET = "hunter2-canary"


async def test_check_config_names_every_mistake_in_one_go_and_repeats_no_value(
    shell: Shell,
) -> None:
    (shell.folder / ".env").write_text(f"HEARTBEAT=70\nTOKEN_ALGORITHM={SECRET}\n")
    ended = await shell.run(
        "check-config",
        HTTPS_PORT="8080",
        MAX_BATCH=SECRET,
        HTTP_RATE_PER_IP=SECRET,
        ALLOWED_ORIGINS=f"https://iaq.example,{SECRET}",
        DATABASE_URL=f"postgresql://gateway:%{SECRET}@db/gateway",
        REDIS_URL=f"redis://:{SECRET}@cache:port",
        LOG_LEVEL=SECRET,
        LIMIT_SCALE="inf",
    )
    said = ended.reason()
    assert SECRET not in said
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "HTTP_PORT",
        "DATABASE_URL",
        "REDIS_URL",
        "LOG_LEVEL",
        "TOKEN_ALGORITHM",
        "ALLOWED_ORIGINS.1",
        "LIMIT_SCALE",
        "HTTP_RATE_PER_IP",
        "MAX_BATCH",
        "IDLE_TIMEOUT",
    ]


async def test_good_settings_are_called_good_and_bad_ones_stop_every_command(
    shell: Shell,
) -> None:
    good = await shell.run("check-config")
    assert (good.result(), good.err) == ("", "the settings are good\n")
    for ended in await shell.run_all(
        "serve --tcp 127.0.0.1:0", "token --role admin --tenant *", MAX_BATCH="0"
    ):
        assert ended.reason().startswith("MAX_BATCH: ")


async def test_what_the_settings_name_is_looked_at_as_well(shell: Shell) -> None:
    """One of the settings themselves is wrong too, and the rest is looked at all the same."""
    certs = shell.folder / "certs"
    certs.mkdir()
    (certs / "server.crt").write_text("no certificate")
    (shell.folder / "keys.pem").touch(0o644)
    ended = await shell.run(
        "check-config",
        MAX_BATCH="0",
        SIGNING_KEY_FILE="keys.pem",
        GATEWAY_SOCKET=str(shell.folder / ("x" * 120)),
        STATE_DIR="certs/server.crt/state",
        REDIS_URL=f"rediss://:{SECRET}@127.0.0.1:1?ssl_ca_certs=absent.crt",
    )
    assert SECRET not in ended.err
    lines = ended.reason().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "MAX_BATCH",
        "CERTS_DIR",
        "STATE_DIR",
        "GATEWAY_SOCKET",
        "REDIS_URL",
        "SIGNING_KEY_FILE",
    ]
    assert "keys.pem is open to others than its owner" in lines[-1]
    nameless = await shell.run("check-config", SERVER_NAME="a b")
    assert nameless.reason().startswith("SERVER_NAME: ")


async def test_what_works_but_was_hardly_meant_is_a_warning(shell: Shell) -> None:
    (shell.folder / ".env").write_text(f"HEARTBAET={SECRET}\nCOMPOSE_PROFILES=letsencrypt\n")
    ended = await shell.run(
        "check-config",
        SERVER_NAME="gateway.example.org",
        ALLOWED_ORIGINS="https://other.example",
        LIMIT_SCALE="100",
        DATABASE_URL=f"postgresql://gateway:{SECRET}@127.0.0.1:1/iaq",
        REDIS_URL=f"redis://:{SECRET}@127.0.0.1:1",
    )
    assert ended.result() == ""
    assert SECRET not in ended.err
    for warning in (
        ".env has HEARTBAET, which is no setting: HEARTBEAT?",
        "ALLOWED_ORIGINS has not https://gateway.example.org:8443",
        "LIMIT_SCALE is for load tests",
        "the database of DATABASE_URL does not serve: ",
        "REDIS_URL: nobody listens there",
        "is the development authority's: browsers warn",
    ):
        assert warning in ended.err
    assert "COMPOSE_PROFILES" not in ended.err
