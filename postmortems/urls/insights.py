"""The numbers."""

from django.urls import URLPattern, path

from postmortems.views import insights

patterns: list[URLPattern] = [
    path("insights/", insights.insights, name="insights"),
    path("insights/csv/", insights.export_insights, name="export_insights"),
    path("insights/behind/", insights.behind, name="behind"),
]
