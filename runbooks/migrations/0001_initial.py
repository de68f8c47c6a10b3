import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A published text is what incidents were worked by: nobody rewrites it, whatever asks.
REFUSE = """
CREATE FUNCTION runbooks_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A published revision of a runbook is never changed or removed.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER revision_immutable BEFORE UPDATE OR DELETE ON runbooks_revision
    FOR EACH ROW EXECUTE FUNCTION runbooks_refuse_rewrite();
CREATE TRIGGER revision_not_truncated BEFORE TRUNCATE ON runbooks_revision
    FOR EACH STATEMENT EXECUTE FUNCTION runbooks_refuse_rewrite();
"""
ALLOW = """
DROP TRIGGER revision_not_truncated ON runbooks_revision;
DROP TRIGGER revision_immutable ON runbooks_revision;
DROP FUNCTION runbooks_refuse_rewrite();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("source", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("filename", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("published_at", models.DateTimeField(auto_now_add=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Runbook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("is_default", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "current",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="runbooks.revision",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runbooks",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["title", "id"],
            },
        ),
        migrations.AddField(
            model_name="revision",
            name="runbook",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="runbooks.runbook"
            ),
        ),
        migrations.AddConstraint(
            model_name="runbook",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("is_default",), name="runbook_one_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="runbook",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_default", False), ("archived_at", None), _connector="OR"),
                name="runbook_default_not_archived",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("runbook", "number"), name="revision_number_once"),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
