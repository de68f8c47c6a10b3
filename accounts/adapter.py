"""How allauth is bent to this portal: nobody signs up unasked, and links carry the portal's own address."""

from typing import cast

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import operations
from accounts.models import User


class Adapter(DefaultAccountAdapter):
    """Named by ACCOUNT_ADAPTER."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether ``next`` may lead there: to this site alone, and to no other name that it answers to."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def logout(self, request: HttpRequest) -> None:
        """What is open elsewhere by this session ends now, and not when somebody looks next."""
        user_id = request.user.pk
        super().logout(request)
        if user_id:
            operations.tell_signed_out(user_id)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """allauth would save the whole row, and with it undo what an administrator changes meanwhile."""
        person = cast(User, user)
        saved = operations.set_password(person.pk, password=password)
        person.password, person.session_epoch = saved.password, saved.session_epoch

    def get_reset_password_from_key_url(self, key: str) -> str:
        """From SITE_URL, never from the Host header: this goes out by mail."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL}{path.replace('UID-KEY', key)}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:settings")
