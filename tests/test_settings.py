"""The settings, and that `.env.example` shows them all."""

import itertools
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def shown() -> dict[str, str]:
    """Each setting of the example and its value, as it stands there."""
    lines = (LINE.fullmatch(line) for line in EXAMPLE.read_text().splitlines())
    pairs = [(line[1], line[2]) for line in lines if line]
    assert len(pairs) == len(dict(pairs)), "a setting stands there twice"
    return dict(pairs)


def as_written(default: object) -> str:
    if isinstance(default, bool):
        return f"{default}".lower()
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default in (None, {}) else f"{default}".removesuffix(".0")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the machine or a `.env` beside the code says is not what is tested."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_example_shows_every_setting_and_no_other_in_the_order_of_the_class() -> None:
    assert list(shown()) == [name.upper() for name in Settings.model_fields]


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    for name, value in shown().items():
        monkeypatch.setenv(name, value)
    assert Settings() == defaults
    for name, value in shown().items():
        default = getattr(defaults, name.lower())
        assert value == as_written(default), name


def test_each_setting_of_the_example_is_explained_above_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if LINE.fullmatch(line):
            assert re.fullmatch(r"# .*\.", before), line


def test_the_environment_wins_over_the_file_and_an_empty_value_is_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HTTPS_PORT=9443\nHTTP_PORT=9080\nMAX_BATCH=\n")
    monkeypatch.setenv("HTTP_PORT", "9081")
    monkeypatch.setenv("GATEWAY_SOCKET", "")
    read = Settings()
    assert (read.https_port, read.http_port, read.max_batch) == (9443, 9081, 1_000)
    assert read.socket_path == Path("var/run/gateway/gateway.sock")


def test_limit_scale_scales_rates_and_counts_and_never_to_nothing() -> None:
    lifted, lowered = settings(limit_scale=2.5), settings(limit_scale=0.0001)
    assert str(lifted.scaled("600/minute")) == "1500 per 1 minute"
    assert str(lowered.scaled("600/minute")) == "1 per 1 minute"
    assert (lifted.scaled_count(200), lowered.scaled_count(200)) == (500, 1)
    assert str(settings().scaled("20/5 seconds")) == "20 per 5 second"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"https_port": 0}, "https_port"),
        ({"https_port": 8080}, "http_port"),
        ({"heartbeat": 60}, "idle_timeout"),
        ({"heartbeat": 25, "idle_timeout": 25}, "idle_timeout"),
        ({"heartbeat": "inf"}, "heartbeat"),
        ({"idle_timeout": "nan"}, "idle_timeout"),
        ({"limit_scale": "inf"}, "limit_scale"),
        ({"limit_scale": 0}, "limit_scale"),
        ({"http_rate_per_ip": "often"}, "http_rate_per_ip"),
        ({"max_batch": 0}, "max_batch"),
        ({"log_level": "LOUD"}, "log_level"),
        ({"token_algorithm": "none"}, "token_algorithm"),
        ({"token_algorithm": "HS256"}, "token_secret_file"),
        ({"token_secret_file": "secret"}, "token_secret_file"),
        ({"identity_issuer": "https://login.example"}, "identity_audience"),
        ({"identity_audience": "https://iaq.example"}, "identity_audience"),
        ({"identity_jwks_url": "https://login.example/keys"}, "identity_jwks_url"),
        ({"identity_ca_file": "absent.crt"}, "identity_ca_file"),
        ({"identity_algorithms": "RS256,HS256"}, "identity_algorithms"),
        ({"identity_token_types": "id_token"}, "identity_token_types"),
        ({"identity_roles": "sensors=device"}, "identity_roles"),
        ({"identity_roles": "boss"}, "identity_roles"),
        (
            {
                "token_algorithm": "HS256",
                "token_secret_file": "secret",
                "signing_key_file": "keys.pem",
            },
            "signing_key_file",
        ),
        ({"database_url": "mysql://gateway"}, "database_url"),
        ({"database_url": "host=gateway"}, "database_url"),
        ({"database_url": "postgresql://gateway?no_such=1"}, "database_url"),
        ({"redis_url": "http://cache"}, "redis_url"),
        ({"redis_url": "redis://"}, "redis_url"),
        ({"redis_url": "redis://cache:port"}, "redis_url"),
        ({"redis_url": "redis://cache?socket_timeout=60"}, "redis_url"),
        ({"redis_url": "rediss://cache?ssl_cert_reqs=none"}, "redis_url"),
        ({"workers": "0"}, "workers"),
        ({"workers": "2"}, "workers"),
        ({"workers": "2", "database_url": "postgresql://gateway"}, "workers"),
        ({"database_url_file": "absent"}, "database_url"),
        ({"allowed_origins": "*"}, "allowed_origins"),
        ({"allowed_origins": "null"}, "allowed_origins"),
        ({"allowed_origins": "http://iaq.example"}, "allowed_origins"),
        ({"allowed_origins": "http://localhost.example"}, "allowed_origins"),
        ({"allowed_origins": "https://iaq.example/"}, "allowed_origins"),
        ({"allowed_origins": "https://IAQ.example"}, "allowed_origins"),
        ({"allowed_origins": "https://good.example,bad.example"}, "allowed_origins"),
    ],
)
def test_a_setting_that_cannot_be_is_named(values: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**values)
    assert {problem["loc"][0] for problem in refused.value.errors()} == {wrong}


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(0o600)
    file.write_text("postgresql://gateway:word@db/gateway\n")
    read = settings(database_url_file=file)
    assert read.database_url.get_secret_value() == "postgresql://gateway:word@db/gateway"


def test_a_secret_s_file_is_refused_without_repeating_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(0o600)
    for content, twice, reason in (
        (b"word", "", "a database is written like"),
        (b"\xff", "", "is not text"),
        (b"postgresql://a/b", "postgresql://a/b", "given twice"),
    ):
        file.write_bytes(content)
        with pytest.raises(ValidationError, match=reason) as refused:
            settings(database_url_file=file, database_url=twice)
        assert [wrong["loc"] for wrong in refused.value.errors()] == [("database_url",)]
    file.chmod(0o640)
    with pytest.raises(ValidationError, match="open to others"):
        settings(database_url_file=file)


@pytest.mark.parametrize(
    "address",
    [
        "http://login.example",
        "login.example",
        "file:///etc/passwd",
        "https://user:word@login.example",
        "https://login.example/?query",
        "https://login.example/#part",
        "https://login.example\\@evil.example",
        "https://login.example/\n",
        "https:///realm",
    ],
)
def test_a_provider_is_reached_by_a_plain_https_address(address: str) -> None:
    with pytest.raises(ValidationError, match="an address is written"):
        settings(identity_issuer=address, identity_audience="iaq")


def test_a_provider_is_not_the_gateway_itself() -> None:
    own = "https://iaq.example"
    with pytest.raises(ValidationError, match="must differ"):
        settings(token_issuer=own, identity_issuer=own, identity_audience="iaq")


def test_a_provider_s_roles_keep_the_order_in_which_they_are_written() -> None:
    read = settings(identity_roles="x=service, iaq:admin = admin,y=dashboard,")
    assert list(read.identity_roles.items()) == [
        ("x", "service"),
        ("iaq:admin", "admin"),
        ("y", "dashboard"),
    ]


def test_an_origin_is_ones_own_address_or_one_of_the_list() -> None:
    assert settings().origins == {"https://localhost:8443"}
    assert settings(https_port=443, server_name="iaq.example").origins == {"https://iaq.example"}
    listed = settings(allowed_origins=" https://a.example, https://[::1]:8443 ,")
    assert listed.origins == {"https://a.example", "https://[::1]:8443"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mtls_port": 8444}, "goes together with MTLS_PORT"),
        ({"mtls_client_ca": "ca.crt"}, "goes together with MTLS_PORT"),
        ({"mtls_port": 8443, "mtls_client_ca": "ca.crt"}, "must differ"),
    ],
)
def test_the_door_for_certificates_has_a_port_and_an_authority(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(_env_file=None, **given)  # type: ignore[arg-type]  # any setting
