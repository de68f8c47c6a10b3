"""One-time links: their tokens, and whether they still open. Only hashes of tokens are kept."""

import hashlib
import secrets

from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from accounts.models import Invitation, Setup, User


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def setup_is_open(token: str) -> bool:
    """Whether this token may make the first administrator."""
    return Setup.objects.filter(pk=1, token_hash=hash_token(token)).exists() and not User.objects.exists()


def open_invitation(token: str) -> Invitation | None:
    """The invitation that this token still opens."""
    return Invitation.objects.open().filter(token_hash=hash_token(token)).first()


class ResetTokens(PasswordResetTokenGenerator):
    """Tokens of password links: void after use, after a sign-in, and once sessions have been ended."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_epoch}{user.is_active}"


def reset_path(user: User) -> str:
    """Where ``user`` can choose a new password, once, within PASSWORD_RESET_TIMEOUT."""
    key = {"uidb36": user_pk_to_url_str(user), "key": ResetTokens().make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=key)
