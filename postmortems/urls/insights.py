"""The numbers."""

from django.urls import URLPattern, path

from postmortems.views import insights

patterns: list[URLPattern] = [
    path("insights/", insights.insights, name="insights"),
]
