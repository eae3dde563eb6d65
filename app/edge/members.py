"""What the routes share for what a tenant's people have together: alerts, rules, floor plans."""

from dataclasses import dataclass

from fastapi import Request

from app.edge.access import actor_in, require_whole
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
        return actor_in(self.principal, self.tenant)


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
    require_whole(member.principal)
    return member
