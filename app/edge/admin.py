"""What all routes for operators share: whose tenant a request is about, and who did what."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response
from msgspec.json import encode

from app.domain.audit import Audit
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.errors import ForbiddenError, InvalidInputError
from app.storage.records.audit import Act
from app.storage.sql import Sql
from auth.principal import PLATFORM, Principal, Role

_NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Admin:
    """A tenant's, for its own tenant alone, or the platform's, for all."""

    principal: Principal
    address: str

    @property
    def of_platform(self) -> bool:
        return self.principal.tenant == PLATFORM

    def reads(self, asked: str | None) -> str | None:
        """The tenant that a request is about; None: all. Raise `ForbiddenError` for another's."""
        if self.of_platform:
            return asked
        if asked not in (None, self.principal.tenant):
            raise ForbiddenError("this is for the platform's admins")
        return self.principal.tenant

    def acts_on(self, asked: str | None) -> str:
        """The one tenant that is changed; an operator of the platform has to name it."""
        tenant = self.reads(asked)
        if tenant is None:
            raise InvalidInputError("name the tenant", field="tenant")
        return tenant

    def note(self, audit: Audit, sql: Sql, tenant: str, act: Act, target: str) -> None:
        """In the transaction of the act. A tenant reads who of the platform it was: `name@*`."""
        who = self.principal
        actor = who.subject if who.tenant == tenant else f"{who.subject}@{who.tenant}"
        audit.write(sql, tenant, act, actor=actor, target=target, address=self.address)


def admin_of(gateway: Gateway, request: Request) -> Admin:
    """Raise `UnauthenticatedError` or `ForbiddenError` for anybody else."""
    return Admin(gateway.access.request(request, Role.ADMIN), client_ip(request))


def answer(content: object, status: int = 200) -> Response:
    return Response(encode(content), status, _NO_STORE, "application/json")
