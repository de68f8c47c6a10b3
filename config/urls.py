"""Where each app's pages are."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("accounts.sign_in")),
    path("", include("accounts.urls")),
    path("", include("runbooks.urls")),
    path("", include("incidents.urls")),
    path("", include("live.urls")),
]
