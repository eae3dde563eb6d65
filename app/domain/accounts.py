"""People sign in, stay signed in, and sign out."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.audit import Audit, Refusal
from app.domain.hashing import Hashing
from app.errors import UnauthenticatedError
from app.storage.base import Store
from app.storage.records import revocations, sessions, users
from app.storage.records.audit import Act
from app.storage.records.users import User
from app.storage.sql import Sql
from auth import passwords, refresh
from auth.login import Login
from auth.principal import PLATFORM
from auth.refresh import Family, Verdict
from auth.tokens import TokenIssuer


@dataclass(frozen=True, slots=True)
class Lives:
    """In seconds."""

    access: int
    idle: int
    whole: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    access_token: str
    expires_in: int
    refresh_token: str
    lasts: int
    """Seconds after which the refresh token ends whoever comes."""


class WrongPasswordError(UnauthenticatedError):
    """Or no such account, or a disabled one: nobody is told which."""

    code = "wrong_password"


class SignedOutError(UnauthenticatedError):
    """No refresh token, or one that is no longer good."""

    code = "signed_out"


class Accounts:
    def __init__(
        self,
        store: Store,
        audit: Audit,
        issuer: Callable[[], TokenIssuer],
        lives: Lives,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._audit = audit
        self._issuer = issuer
        self._lives = lives
        self._clock = clock
        self.hashing = Hashing()
        self.reused = 0
        """Refresh tokens that came a second time: a theft each, or a browser restored from an old
        copy."""

    async def knows(self, login: Login, address: str) -> bool:
        """Whether this account was signed in to from there before."""
        return await self._store.consult(lambda sql: users.knows_address(sql, login, address))

    async def sign_in(self, login: Login | None, password: str, address: str) -> SignedIn:
        """Raise `WrongPasswordError`; `UnavailableError` when too many sign in at once."""
        user = None
        if login is not None:
            named = login
            user = await self._store.consult(lambda sql: users.find(sql, named))
        kept = None if user is None else user.password
        right = await self.hashing.run(passwords.verify, kept, password)
        if user is None or not right or user.disabled:
            self._note_refused(user, address)
            raise WrongPasswordError("the name or the password is wrong")
        risen = None
        if passwords.outdated(user.password):
            risen = await self.hashing.run(passwords.hash_password, password)
        checked = user
        return await self._store.transact(lambda sql: self._begin(sql, checked, risen, address))

    async def renew(self, token: str | None, address: str) -> SignedIn:
        """A new access token, and the refresh token's successor; raise `SignedOutError`."""
        presented = refresh.read(token or "")
        if presented is None:
            raise SignedOutError("sign in again")
        shown = presented
        renewed = await self._store.transact(lambda sql: self._renewed(sql, shown, address))
        if renewed is None:  # not raised in the transaction: the session's end is to be kept
            raise SignedOutError("sign in again")
        return renewed

    async def sign_out(self, token: str | None, address: str, *, everywhere: bool = False) -> None:
        """Nothing happens without a good token."""
        presented = refresh.read(token or "")
        if presented is not None:
            shown = presented
            await self._store.transact(
                lambda sql: self._end(sql, shown, address, everywhere=everywhere)
            )

    def close(self) -> None:
        self.hashing.close()

    def _begin(self, sql: Sql, checked: User, risen: str | None, address: str) -> SignedIn:
        user = users.find(sql, checked.login)
        if user is None or user.disabled or user.password != checked.password:
            raise WrongPasswordError("the name or the password is wrong")
        now = self._clock()
        at = int(now)
        if risen is not None:
            users.rehash(sql, user.login, user.password, risen)
        users.remember_address(sql, user.login, address, at)
        name = refresh.new_family()
        token, digest = refresh.new_token(name)
        family = Family(digest, None, at, at + self._lives.idle, at + self._lives.whole)
        sessions.begin(sql, user.login, name, family)
        self._note(sql, Act.SIGNED_IN, user.login, address)
        return self._signed_in(user, name, token, family.ends_at, now)

    def _note_refused(self, user: User | None, address: str) -> None:
        """A name that no account has may be a password that was typed in the wrong field."""
        tenant, name = (PLATFORM, "") if user is None else user.login
        self._audit.refused(Refusal(tenant, Act.SIGN_IN_REFUSED, name, name, address))

    def _renewed(self, sql: Sql, presented: refresh.Presented, address: str) -> SignedIn | None:
        found = sessions.find(sql, presented.family)
        if found is None:
            return None
        login, family = found
        now = self._clock()
        verdict = refresh.judge(family, presented.digest, now)
        user = users.find(sql, login)
        if verdict is Verdict.REUSED:
            self.reused += 1
            users.refuse_issued(sql, login, int(now))
            self._note(sql, Act.SESSION_REUSED, login, address)
        if verdict is not Verdict.GOOD or user is None or user.disabled:
            sessions.end(sql, presented.family)
            return None
        token, digest = refresh.new_token(presented.family)
        successor = refresh.rotated(family, presented.digest, digest, int(now), self._lives.idle)
        sessions.rotate(sql, presented.family, successor)
        return self._signed_in(user, presented.family, token, family.ends_at, now)

    def _end(
        self, sql: Sql, presented: refresh.Presented, address: str, *, everywhere: bool
    ) -> None:
        found = sessions.find(sql, presented.family)
        if found is None:
            return
        login, family = found
        now = self._clock()
        if refresh.judge(family, presented.digest, now) is not Verdict.GOOD:
            return
        if everywhere:
            users.sign_out(sql, login, int(now))
        sessions.end(sql, presented.family)
        self._revoke_access(sql, login.tenant, presented.family, int(now))
        self._note(sql, Act.SIGNED_OUT, login, address)

    def _revoke_access(self, sql: Sql, tenant: str, family: str, now: int) -> None:
        """All access tokens of the session, in whichever tab: the newest says the next second."""
        life = self._lives.access + 1
        session = refresh.session_name(family)
        revocations.revoke_token(sql, tenant, session, now, life)

    def _note(self, sql: Sql, act: Act, login: Login, address: str) -> None:
        self._audit.write(
            sql, login.tenant, act, actor=login.name, target=login.name, address=address
        )

    def _signed_in(self, user: User, family: str, token: str, ends_at: int, now: float) -> SignedIn:
        """In the second of a change of password, the access token says that it is of the next."""
        access = self._issuer().issue(
            subject=user.login.name,
            tenant=user.login.tenant,
            role=user.role,
            ttl=self._lives.access,
            now=max(now, user.valid_from),
            topics=user.topics,
            sensors=user.sensors,
            session=refresh.session_name(family),
        )
        return SignedIn(user, access, self._lives.access, token, ends_at - int(now))
