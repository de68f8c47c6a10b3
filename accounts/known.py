"""Who sends a request: its session and its account, which every request asks for, in one query whose SQL is kept."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any, NamedTuple

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from outbox.kept import Question, Rows
from outbox.sessions import ask_first

MOST_REMEMBERED = 10_000


def _sessions(key: str) -> "QuerySet[Session]":
    return Session.objects.filter(session_key=key)


def _with_session(pk: int, key: str) -> "QuerySet[User, Any]":
    data, until = (Subquery(_sessions(key).values(name)) for name in ("session_data", "expire_date"))
    return User.objects.filter(pk=pk).annotate(session_data=data, session_until=until)


_account = Question(lambda pk: User.objects.filter(pk=pk), int)
_account_with_session = Question(_with_session, int, str)
_session = Rows(lambda key: _sessions(key).values_list("session_data", "expire_date"), str)

#: Whose a session was when this process last read it: whom to ask for along with it. What is found then is what counts.
_whose: dict[str, int] = {}
#: The account that came with the session of the request whose person is just being asked for.
_came_along: ContextVar[User | None] = ContextVar("came_along", default=None)


class _Found(NamedTuple):
    data: str
    until: datetime
    account: User | None = None


class SessionStore(db.SessionStore):
    """Django's sessions in the database. ``account`` was read along with it: whose it is, unless it changed hands."""

    account: User | None = None

    def load(self) -> dict[str, Any]:
        key = self.session_key or ""
        # A cookie may hold anything; what cannot be a key is none.
        found = ask_first(lambda: _find(key)) if key.isascii() and key.isalnum() else None
        if found is None or found.until <= timezone.now():
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(found.data)
        if whose := data.get(SESSION_KEY):
            _remember(key, int(whose))
            self.account = found.account
        return data


def _find(key: str) -> _Found | None:
    account = _account_with_session.first(whose, key) if (whose := _whose.get(key)) else None
    if account:
        data, until = (vars(account).pop(name) for name in ("session_data", "session_until"))
        return _Found(data, until, account) if data else None
    found = _session.first(key)
    return _Found(*found) if found else None


def _remember(key: str, whose: int) -> None:
    if len(_whose) >= MOST_REMEMBERED:
        _whose.clear()
    _whose[key] = whose


class Backend(AuthenticationBackend):
    """Allauth's, by which people sign in with their address."""

    def get_user(self, user_id: int) -> User | None:
        user = _came_along.get()
        if user is None or user.pk != user_id:
            user = _account.first(user_id)
        return user if user and self.user_can_authenticate(user) else None


class SignedIn(AuthenticationMiddleware):
    """Django's, which takes the account that was read with the session; all that it checks, it checks."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]


def _person(request: HttpRequest) -> User | AnonymousUser:
    request.session.get(SESSION_KEY)  # reads the session
    token = _came_along.set(request.session.account)  # type: ignore[attr-defined]
    try:
        return get_user(request)
    finally:
        _came_along.reset(token)
