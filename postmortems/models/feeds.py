"""Addresses that a calendar or a feed reader can open without signing in."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User


class FeedKind(models.TextChoices):
    DUE_DATES = "due_dates", "Due dates of one’s action items"
    POSTMORTEMS = "postmortems", "Published post-mortems"


class Feed(models.Model):
    """A secret address of one person's. Only the hash of its token is kept; revoked, it answers as if it never was."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="feeds")
    kind = models.CharField(max_length=12, choices=FeedKind)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FeedKind.values), name="feed_kind_known"),
            models.UniqueConstraint(
                fields=["user", "kind"], name="feed_one_of_a_kind", condition=Q(revoked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.user}"
