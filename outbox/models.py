"""Facts: what happened, saved by the transaction that made it happen."""

from django.db import models


class FactQuerySet(models.QuerySet["Fact"]):
    def waiting(self) -> "FactQuerySet":
        return self.filter(relayed_at=None)


class Fact(models.Model):
    """Something that happened, in the past tense, with the ids needed to look it up.

    ``relayed_at`` is set when every subscriber has heard it; ``next_attempt_at`` moves forward while one of
    them fails, and ``last_error`` says how.
    """

    name = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    relayed_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], name="fact_waiting", condition=models.Q(relayed_at=None)
            ),
            models.Index(
                fields=["relayed_at"], name="fact_relayed", condition=models.Q(relayed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.payload}"
