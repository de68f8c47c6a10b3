"""Who sends a request: its session and its account, which every request asks for, by SQL that is kept."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from outbox.kept import Question, Rows

_account = Question(lambda pk: User.objects.filter(pk=pk), int)
_data = Rows(
    lambda key: Session.objects.filter(session_key=key).values_list("session_data", "expire_date"), str
)


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def load(self) -> dict[str, Any]:
        key = self.session_key or ""
        # A cookie may hold anything; what cannot be a key is none.
        found = _data.first(key) if key.isascii() and key.isalnum() else None
        if found is None or found[1] <= timezone.now():
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(found[0])
        return data


class Backend(AuthenticationBackend):
    """Allauth's, by which people sign in with their address."""

    def get_user(self, user_id: int) -> User | None:
        user = _account.first(user_id)
        return user if user and self.user_can_authenticate(user) else None
