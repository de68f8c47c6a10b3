"""The floor's one table, made by the benchmark itself: there is nothing to migrate."""

from django.db import models


class Row(models.Model):
    """What a list shows; ``is_open`` for 50 of them, found through an index."""

    title = models.CharField(max_length=200)
    severity = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16)
    owner = models.CharField(max_length=80)
    word = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    is_open = models.BooleanField(default=False)

    objects: models.Manager["Row"] = models.Manager()

    class Meta:
        app_label = "floor"
        indexes = [
            models.Index(
                fields=["severity", "-started_at"], name="row_open", condition=models.Q(is_open=True)
            )
        ]

    def __str__(self) -> str:
        return self.title
