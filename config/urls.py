"""Where each app's pages are."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz
from config.metrics import metrics

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/", include("accounts.sign_in")),
    path("", include("accounts.urls")),
    path("", include("runbooks.urls")),
    path("", include("incidents.urls")),
    path("", include("postmortems.urls")),
    path("", include("notifications.urls")),
    path("", include("live.urls")),
]
