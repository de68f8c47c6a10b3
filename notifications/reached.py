"""Somebody who can be reached."""

from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Reached:
    """A person with an account, or a bare e-mail ``address``."""

    user: User | None = None
    address: str = ""

    @property
    def name(self) -> str:
        return self.user.name if self.user else self.address
