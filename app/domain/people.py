"""What an account has to be before anybody can sign in to it."""

from app.errors import InvalidInputError
from app.protocol.topics import parse_filters
from app.storage.records.users import User
from auth.principal import Principal, Role


def check(user: User) -> User:
    """Raise `InvalidInputError` for one whose tokens would not verify."""
    if user.role not in (Role.DASHBOARD, Role.ADMIN):
        raise InvalidInputError("a person is dashboard or admin", field="role")
    parse_filters(user.topics or ())
    try:
        Principal(
            subject=user.login.name,
            tenant=user.login.tenant,
            role=user.role,
            token_id="any",  # noqa: S106  (no token is made here)
            issued_at=0,
            expires_at=1,
            topics=user.topics,
            sensors=None if user.sensors is None else frozenset(user.sensors),
        )
    except ValueError as error:
        raise InvalidInputError(str(error)) from error
    return user
