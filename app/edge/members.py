"""What the routes share for what a tenant's people have together: alerts, rules, floor plans."""

from dataclasses import dataclass

from fastapi import Request

from app.edge.admin import Admin
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.errors import ForbiddenError
from auth.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class Member:
    principal: Principal
    tenant: str
    """Whose things the request is about."""

    @property
    def name(self) -> str:
        """A tenant reads who of the platform it was: `name@*`."""
        who = self.principal
        return who.subject if who.tenant == self.tenant else f"{who.subject}@{who.tenant}"


def member_of(gateway: Gateway, request: Request, asked: str | None) -> Member:
    """Somebody who watches, or an admin; raise `ForbiddenError` for another tenant."""
    principal = gateway.access.request(request, Role.DASHBOARD, Role.ADMIN)
    if principal.role is Role.ADMIN:
        return Member(principal, Admin(principal, client_ip(request)).acts_on(asked))
    if asked not in (None, principal.tenant):
        raise ForbiddenError("this is another tenant's")
    return Member(principal, principal.tenant)


def editor_of(gateway: Gateway, request: Request, asked: str | None) -> Member:
    """A member who may change it: raise `ForbiddenError` for who sees a part alone."""
    member = member_of(gateway, request, asked)
    if member.principal.topics is not None or member.principal.sensors is not None:
        raise ForbiddenError("a narrowed token changes nothing for others")
    return member
