"""What all routes for operators share: whose tenant a request is about, and who did what."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request

from app.domain.audit import Audit
from app.edge.access import actor_in, require_whole
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.errors import ForbiddenError
from app.storage.records.audit import Act
from app.storage.sql import Sql
from auth.principal import PLATFORM, Principal, Role

Tenant = Annotated[str | None, Query(max_length=63)]
"""`?tenant=`: whom a request is about, where it is not the asker's own."""


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
        if asked != self.principal.tenant and asked is not None:
            self.require_platform()
        return asked if self.of_platform else self.principal.tenant

    def acts_on(self, asked: str | None) -> str:
        """The one tenant whose things are listed or changed: the admin's own unless named."""
        return self.reads(asked) or self.principal.tenant

    def require_platform(self) -> None:
        """Raise `ForbiddenError` for a tenant's admin."""
        if not self.of_platform:
            raise ForbiddenError("this is for the platform's admins")

    def note(self, audit: Audit, sql: Sql, tenant: str, act: Act, target: str) -> None:
        """In the transaction of the act."""
        actor = actor_in(self.principal, tenant)
        audit.write(sql, tenant, act, actor=actor, target=target, address=self.address)


def admin_of(gateway: Gateway, request: Request) -> Admin:
    """Raise `UnauthenticatedError` or `ForbiddenError` for anybody else."""
    principal = gateway.access.request(request, Role.ADMIN)
    require_whole(principal)
    return Admin(principal, client_ip(request))
