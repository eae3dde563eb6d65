"""Every setting of the gateway: from the environment, then `.env`, else the default here.

`.env.example` shows them all; a test keeps the two alike. Rates are written as the `limits` library
reads them (`600/minute`). `LIMIT_SCALE` multiplies every rate and every count, so that a load test
lifts all of them at once.
"""

from pathlib import Path
from typing import Annotated, Literal

from limits import RateLimitItem, parse
from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.notations import (
    Address,
    Collector,
    Count,
    Database,
    Days,
    MailServer,
    Origin,
    Rate,
    Redis,
    Seconds,
)
from auth.errors import SecretFileError
from auth.secret_file import read_secret_file


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Where it listens, where its state lives
    https_port: int = Field(8443, ge=1, le=65535)
    http_port: int = Field(8080, ge=1, le=65535)
    mtls_port: int | None = Field(None, ge=1, le=65535)
    """Where devices show a certificate; None: nowhere."""
    mtls_client_ca: Path | None = Field(None, validate_default=True)
    server_name: str = "localhost"
    state_dir: Path = Path("var")
    certs_dir: Path = Path("certs")
    gateway_socket: Path | None = None
    """nginx reaches the gateway here; None is `STATE_DIR/run/gateway/gateway.sock`."""
    database_url_file: Path | None = None
    database_url: Database = Field(SecretStr(""), validate_default=True)
    redis_url_file: Path | None = None
    redis_url: Redis = Field(SecretStr(""), validate_default=True)
    workers: int = Field(1, ge=1, le=64)
    """Gateways on this machine, each on a socket of its own."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # Tokens
    token_issuer: str = "iaqverse-gateway"  # noqa: S105  (a name, no secret)
    token_algorithm: Literal["ES256", "HS256"] = "ES256"  # noqa: S105  (an algorithm's name)
    signing_key_file: Path | None = None
    """ES256 keys from this file instead of `keys_dir`."""
    token_secret_file: Path | None = Field(None, validate_default=True)
    identity_issuer: Address = ""
    identity_audience: str = Field("", validate_default=True)
    identity_jwks_url: Address = ""
    identity_ca_file: FilePath | None = None
    identity_algorithms: Annotated[tuple[Literal["RS256", "ES256"], ...], NoDecode] = ("RS256",)
    identity_token_types: Annotated[tuple[Literal["at+jwt", "JWT", "none"], ...], NoDecode] = (
        "at+jwt",
    )
    identity_tenant_claim: str = "tenant"
    identity_role_claim: str = "role"
    identity_roles: Annotated[dict[str, Literal["dashboard", "service", "admin"]], NoDecode] = (
        Field({})
    )
    identity_topics_claim: str = "topics"
    identity_sensors_claim: str = "sensors"
    identity_token_id_claim: str = "jti"  # noqa: S105  (a claim's name)
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode] = ()

    # Sign-in
    access_token_life: float = Field(900, ge=1, le=900)
    sign_in_idle_days: float = Field(7, gt=0, le=365)
    sign_in_days: float = Field(30, gt=0, le=365)

    # Limits: rates by fixed window, counts, sizes
    limit_scale: float = Field(1, gt=0, allow_inf_nan=False)
    http_rate_per_ip: Rate = "600/minute"
    sign_in_rate_per_ip: Rate = "30/minute"
    sign_in_rate_per_ip_and_account: Rate = "20/hour"
    sign_in_rate_per_account: Rate = "100/hour"
    claim_rate_per_ip: Rate = "10/minute"
    ingest_rate_per_ip: Rate = "6000/minute"
    measurement_rate_per_token: Rate = "30000/minute"  # noqa: S105  (a rate)
    measurement_rate_per_tenant: Rate = "300000/minute"
    backlog_rate_per_token: Rate = "12000/minute"  # noqa: S105  (a rate)
    backlog_rate_per_tenant: Rate = "120000/minute"
    publish_rate_per_token: Rate = "1200/minute"  # noqa: S105  (a rate)
    handshake_rate_per_ip: Rate = "300/minute"
    message_rate_per_connection: Rate = "20/second"
    connections_per_ip: Count = 200
    connections_per_subject: Count = 100
    connections_per_tenant: Count = 5_000
    connections_total: Count = 20_000
    limit_keys: Count = 10_000
    max_body_bytes: Count = 262_144
    max_batch: Count = 1_000
    max_message_bytes: Count = 65_536
    max_json_depth: Count = 8
    max_topics_per_connection: Count = 128
    max_bad_commands: Count = 10
    max_clock_ahead: Seconds = 300

    # The socket
    heartbeat: Seconds = 25
    idle_timeout: Seconds = 60
    slow_timeout: Seconds = 30
    shutdown_grace: Seconds = 8
    compression: bool = False

    # What is kept
    ring_publications: Count = 4_096
    history_max_records: Count = 10_000
    retention_raw_days: Days = 0
    retention_hourly_days: Days = 0
    retention_daily_days: Days = 0
    audit_days: Days = 365
    smtp_url_file: Path | None = None
    smtp_url: MailServer = Field(SecretStr(""), validate_default=True)
    mail_from: str = Field("", validate_default=True)
    webhooks_private: bool = False
    otel_exporter_otlp_endpoint: Collector = ""
    otel_traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = 1
    metrics_sensors: Annotated[int, Field(ge=0, le=50_000)] = 0

    @field_validator(
        "allowed_origins", "identity_algorithms", "identity_token_types", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url", "redis_url", "smtp_url", mode="before")
    @classmethod
    def _from_its_file(cls, value: object, others: ValidationInfo) -> object:
        file = others.data.get(f"{others.field_name}_file")
        if file is None:
            return value
        if value not in ("", SecretStr("")):
            raise ValueError("is given twice, here and by its file")
        try:
            return read_secret_file(file).decode().strip()
        except SecretFileError as error:
            raise ValueError(f"its file {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError("its file is not text") from error

    @field_validator("mail_from")
    @classmethod
    def _needed_for_mail(cls, value: str, others: ValidationInfo) -> str:
        server = others.data.get("smtp_url")
        if server and server.get_secret_value() and "@" not in value:
            raise ValueError("an address is needed together with SMTP_URL")
        return value

    @field_validator("identity_roles", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}

    @field_validator("identity_issuer")
    @classmethod
    def _is_another(cls, value: str, others: ValidationInfo) -> str:
        if value and value == others.data.get("token_issuer"):
            raise ValueError("must differ from TOKEN_ISSUER")
        return value

    @field_validator("identity_audience", "identity_jwks_url")
    @classmethod
    def _has_an_issuer(cls, value: str, others: ValidationInfo) -> str:
        issuer = others.data.get("identity_issuer")
        if value and issuer == "":
            raise ValueError("goes together with IDENTITY_ISSUER")
        if issuer and not value and others.field_name == "identity_audience":
            raise ValueError("IDENTITY_ISSUER needs it: else its tokens for others pass here")
        return value

    @field_validator("workers")
    @classmethod
    def _share(cls, value: int, others: ValidationInfo) -> int:
        if value > 1 and not (others.data.get("database_url") and others.data.get("redis_url")):
            raise ValueError(
                "several share DATABASE_URL and REDIS_URL: without them each would serve its own"
            )
        return value

    @field_validator("mtls_port")
    @classmethod
    def _is_a_port_of_its_own(cls, value: int | None, others: ValidationInfo) -> int | None:
        if value and value in (others.data.get("https_port"), others.data.get("http_port")):
            raise ValueError("must differ from HTTPS_PORT and HTTP_PORT")
        return value

    @field_validator("mtls_client_ca")
    @classmethod
    def _goes_with_a_port(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        if "mtls_port" in others.data and (value is None) != (others.data["mtls_port"] is None):
            raise ValueError("goes together with MTLS_PORT")
        return value

    @field_validator("http_port")
    @classmethod
    def _own_port(cls, value: int, others: ValidationInfo) -> int:
        if value == others.data.get("https_port"):
            raise ValueError("must differ from HTTPS_PORT")
        return value

    @field_validator("idle_timeout")
    @classmethod
    def _outlives_heartbeat(cls, value: float, others: ValidationInfo) -> float:
        if value <= others.data.get("heartbeat", 0):
            raise ValueError("must be longer than HEARTBEAT: else live clients close")
        return value

    @field_validator("signing_key_file")
    @classmethod
    def _is_for_es256(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        if value and others.data.get("token_algorithm") == "HS256":
            raise ValueError("is for TOKEN_ALGORITHM=ES256")
        return value

    @field_validator("token_secret_file")
    @classmethod
    def _is_for_hs256(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        if (value is not None) != (others.data.get("token_algorithm") == "HS256"):
            raise ValueError("goes together with TOKEN_ALGORITHM=HS256")
        return value

    @property
    def origins(self) -> frozenset[str]:
        """The exact Origin allow-list; empty means the gateway's own address."""
        if self.allowed_origins:
            return frozenset(self.allowed_origins)
        return frozenset({self.origin})

    @property
    def origin(self) -> str:
        """The gateway's own address, as browsers write an origin (RFC 6454)."""
        default_port = 443
        port = "" if self.https_port == default_port else f":{self.https_port}"
        return f"https://{self.server_name}{port}"

    @property
    def socket_path(self) -> Path:
        return self.gateway_socket or self.state_dir / "run" / "gateway" / "gateway.sock"

    @property
    def database_path(self) -> Path:
        """The embedded store's file."""
        return self.state_dir / "gateway.db"

    @property
    def keys_dir(self) -> Path:
        return self.state_dir / "keys"

    def scaled(self, rate: str) -> RateLimitItem:
        """The rate as a limit, `LIMIT_SCALE` applied; never less than one."""
        item = parse(rate)
        return type(item)(max(1, round(item.amount * self.limit_scale)), item.multiples)

    def scaled_count(self, count: int) -> int:
        return max(1, round(count * self.limit_scale))
