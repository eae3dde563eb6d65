"""Who asks: from a credential to a principal, or a refusal."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from starlette.requests import HTTPConnection

from app.domain.uses import Uses
from app.edge.client_certificate import shown_by
from app.edge.client_ip import client_ip
from app.edge.identity import WAIT, IdentityKeys
from app.errors import (
    BadRequestError,
    ForbiddenError,
    NoCredentialError,
    UnauthenticatedError,
    UnavailableError,
)
from app.protocol.topics import Grant, InvalidTopicError, parse_filters
from auth import bearer
from auth.errors import TokenRefusedError
from auth.principal import Principal, Role
from auth.tickets import LIFE, FullError, Tickets
from auth.verified import VerifiedTokens

Named = TypeVar("Named", Principal, Principal | None)
Holder = Callable[[str], Awaitable[Principal | None]]
"""Whom the certificate of that name speaks for."""

log = structlog.get_logger()


class Access:
    def __init__(
        self,
        tokens: VerifiedTokens,
        tickets: Tickets,
        uses: Uses,
        holder: Holder,
        *,
        clock: Callable[[], float] = time.time,
        identity: IdentityKeys | None = None,
    ) -> None:
        self.tokens = tokens
        self.identity = identity
        self._tickets = tickets
        self._uses = uses
        self._holder = holder
        self._clock = clock

    def request(self, connection: HTTPConnection, *roles: Role) -> Principal:
        """By the Authorization header; raise `UnauthenticatedError` or `ForbiddenError`."""
        principal = self._principal(header_token(connection), connection)
        self._uses.note(principal, client_ip(connection))
        return _in_role(principal, roles)

    async def device(self, connection: HTTPConnection, token: str | None) -> Principal:
        """By its token, or by a certificate that nginx has verified; raise as `request`.

        Raise `BadRequestError` for both.
        """
        certificate = shown_by(connection)
        if certificate is None:
            principal = self._principal(token, connection)
        elif token is None:
            principal = await self._by_certificate(certificate, connection)
        else:
            raise BadRequestError("one credential, not several")
        self._uses.note(principal, client_ip(connection))
        return _in_role(principal, (Role.DEVICE,))

    async def _by_certificate(self, name: str, connection: HTTPConnection) -> Principal:
        """Whose it is, is asked for each time; it ends and is revoked as a token."""
        principal = _noted(await self._holder(name), connection)
        if principal is None:
            raise UnauthenticatedError("the certificate is not valid here")
        try:
            self.tokens.check(principal, self._clock())
        except TokenRefusedError as refused:
            raise refusal(refused) from refused
        return principal

    def verify(self, token: str | None, connection: HTTPConnection, *roles: Role) -> Principal:
        """Raise as `request`, or `UnavailableError` while the token's key may be known soon."""
        return _in_role(self._principal(token, connection), roles)

    def _principal(self, token: str | None, connection: HTTPConnection | None = None) -> Principal:
        """Notes on the connection whose token it brings, refused or not: for the audit."""
        if token is None:
            raise NoCredentialError("a bearer token is needed")
        try:
            return _noted(self.tokens.principal(token, self._clock()), connection)
        except TokenRefusedError as refused:
            _noted(refused.principal, connection)
            if refused.reason == "unknown_key" and self.identity and self.identity.expected():
                raise UnavailableError(
                    "the identity provider's keys are being fetched",
                    part="identity",
                    retry_after=WAIT,
                ) from refused
            raise refusal(refused) from refused

    def renewed(self, token: str, held: Principal) -> tuple[Principal, Grant]:
        """The token in place of the one that `held` came with, on a socket that stays open.

        Raise `UnauthenticatedError` or `ForbiddenError`.
        """
        principal = _in_role(self._principal(token), (held.role,))
        if (principal.tenant, principal.subject) != (held.tenant, held.subject):
            raise ForbiddenError("this socket is another subject's")
        return principal, grant_of(principal)

    async def ticket(self, principal: Principal, origin: str | None) -> tuple[str, int]:
        """A ticket for one socket, and for how many seconds it is good.

        Raise `UnavailableError` when too many are held.
        """
        now = self._clock()
        life = int(min(LIFE, principal.expires_at - now))
        try:
            return await self._tickets.issue(principal, origin, now), life
        except FullError as full:
            raise UnavailableError(
                "too many tickets are held", part="tickets", retry_after=round(LIFE)
            ) from full

    async def redeem(
        self, ticket: str, origin: str | None, connection: HTTPConnection
    ) -> Principal:
        """Who opens a socket with this ticket; raise `UnauthenticatedError`."""
        now = self._clock()
        try:
            principal = await self._tickets.redeem(ticket, origin, now)
            self.tokens.check(principal, now)
        except TokenRefusedError as refused:
            _noted(refused.principal, connection)
            raise refusal(refused) from refused
        return _noted(principal, connection)


def _noted(named: Named, connection: HTTPConnection | None) -> Named:
    if connection is not None:
        connection.state.principal = named
    return named


def _in_role(principal: Principal, roles: tuple[Role, ...]) -> Principal:
    if principal.role not in roles:
        raise ForbiddenError(f"this needs a token with the role {' or '.join(roles)}")
    return principal


def header_token(connection: HTTPConnection) -> str | None:
    """Two headers are as suspicious as a malformed one: neither is chosen."""
    headers = connection.headers.getlist("authorization")
    if len(headers) > 1:
        raise UnauthenticatedError("one Authorization header, not several")
    try:
        return bearer.from_authorization(headers[0] if headers else None)
    except TokenRefusedError as refused:
        raise refusal(refused) from refused


def refusal(refused: TokenRefusedError) -> UnauthenticatedError:
    """The log learns why; the client only that the token does not open this door."""
    log.info("token refused", reason=refused.reason)
    return UnauthenticatedError("the token is not valid here")


def grant_of(principal: Principal) -> Grant:
    """What the claims narrow the principal to; a topic that cannot be read grants nothing."""
    try:
        topics = None if principal.topics is None else parse_filters(principal.topics)
    except InvalidTopicError as error:
        raise ForbiddenError("the token's topics cannot be read") from error
    return Grant(topics, principal.sensors)


def require_whole(principal: Principal) -> None:
    """Raise `ForbiddenError` for a token narrowed to a part: it could give itself the rest."""
    if principal.topics is not None or principal.sensors is not None:
        raise ForbiddenError("a narrowed token changes nothing for others")


def actor_in(principal: Principal, tenant: str) -> str:
    """The name by which a tenant reads who it was; of the platform's people it is `name@*`."""
    here = principal.tenant == tenant
    return principal.subject if here else f"{principal.subject}@{principal.tenant}"
