"""Action items."""

from django.urls import URLPattern, path

from postmortems.views import items

patterns: list[URLPattern] = [
    path("actions/", items.actions, name="actions"),
    path("actions/<int:item_id>/", items.action_item, name="action_item"),
]
