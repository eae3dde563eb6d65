"""Registered tokens: issued, rotated, revoked; each act in one transaction with its audit line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from app.errors import InvalidInputError
from app.protocol.topics import parse_filters
from app.storage.records import revocations, tokens
from app.storage.records.audit import Act
from app.storage.records.tokens import Token
from app.storage.sql import Sql
from auth.principal import Principal, Role
from auth.revocation import KINDS, Holder
from auth.tokens import TokenIssuer, new_principal

Note = Callable[[Sql, str, Act, str], None]
"""Writes down what was done in a tenant, and to whom or what; it knows who does it."""


@dataclass(frozen=True, slots=True)
class Issued:
    token: str
    """Shown once; nothing keeps it."""
    principal: Principal


@dataclass(frozen=True, slots=True)
class Registrar:
    """For one who acts, at one moment."""

    issuer: TokenIssuer
    note: Note
    now: float
    """Seconds since the epoch."""

    def issue(
        self,
        sql: Sql,
        *,
        tenant: str,
        role: Role,
        subject: str,
        ttl: int,
        topics: Iterable[str] | None = None,
        sensors: Iterable[str] | None = None,
    ) -> Issued:
        """`ttl` in seconds. Raise `InvalidInputError` for what would not verify.

        In the second in which all of the subject's were revoked, it says that it is of the next.
        """
        since = revocations.good_from(sql, Holder(tenant, KINDS[role], subject))
        issued = replace(self, now=max(self.now, since)).sign(
            tenant=tenant, role=role, subject=subject, ttl=ttl, topics=topics, sensors=sensors
        )
        tokens.register(sql, issued.principal)
        self.note(sql, tenant, Act.TOKEN_ISSUED, _named(issued.principal))
        return issued

    def rotate(self, sql: Sql, former: Token, grace: int, ttl: int | None = None) -> Issued:
        """A successor that may do the same, for as long again unless `ttl` says otherwise.

        The former one is refused `grace` seconds from now; until then both are good.
        """
        was = former.principal
        tokens.end(sql, was.tenant, was.token_id, int(self.now) + grace)
        self.note(sql, was.tenant, Act.TOKEN_ROTATED, _named(was))
        return self.issue(
            sql,
            tenant=was.tenant,
            role=was.role,
            subject=was.subject,
            ttl=was.expires_at - was.issued_at if ttl is None else ttl,
            topics=was.topics,
            sensors=was.sensors,
        )

    def revoke(self, sql: Sql, tenant: str, token_id: str) -> None:
        """Raise `NotFoundError` for one that is not registered."""
        token = tokens.find(sql, tenant, token_id)
        tokens.end(sql, tenant, token_id, int(self.now))
        self.note(sql, tenant, Act.TOKEN_REVOKED, _named(token.principal))

    def sign(
        self,
        *,
        tenant: str,
        role: Role,
        subject: str,
        ttl: int,
        topics: Iterable[str] | None = None,
        sensors: Iterable[str] | None = None,
    ) -> Issued:
        """Without a register. Raise as `issue`."""
        parse_filters(topics or ())
        try:
            principal = new_principal(
                subject=subject,
                tenant=tenant,
                role=role,
                ttl=ttl,
                now=self.now,
                topics=topics,
                sensors=sensors,
            )
            return Issued(self.issuer.sign(principal, self.now), principal)
        except ValueError as error:
            raise InvalidInputError(str(error)) from error


def _named(principal: Principal) -> str:
    return f"{principal.role} {principal.subject} {principal.token_id}"
