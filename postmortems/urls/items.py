"""Action items: their board, each of them, many at once, and those of one incident."""

from django.urls import URLPattern, path

from postmortems.views import adding, item_changes, item_lists, items

patterns: list[URLPattern] = [
    path("actions/", items.actions, name="actions"),
    path("actions/add/", adding.add_item, name="add_item"),
    path("actions/bulk/", item_lists.bulk_change_items, name="bulk_change_items"),
    path("actions/export.csv", item_lists.export_items, name="export_items"),
    path("actions/import/", item_lists.import_items, name="import_items"),
    path("actions/<int:item_id>/", items.action_item, name="action_item"),
    path("actions/<int:item_id>/row/", items.item_row, name="item_row"),
    path("actions/<int:item_id>/change/", item_changes.change_item, name="change_item"),
    path("actions/<int:item_id>/status/", item_changes.change_item_status, name="change_item_status"),
    path("actions/<int:item_id>/reopen/", item_changes.reopen_item, name="reopen_item"),
    path("actions/<int:item_id>/drop/", item_changes.decide_drop, name="decide_drop"),
    path("actions/<int:item_id>/links/", item_changes.add_item_link, name="add_item_link"),
    path(
        "actions/<int:item_id>/links/<int:link_id>/remove/",
        item_changes.remove_item_link,
        name="remove_item_link",
    ),
    path("incidents/<int:number>/postmortem/items/add/", adding.add_incident_item, name="add_incident_item"),
    path(
        "incidents/<int:number>/postmortem/items/from-step/<int:step_id>/",
        adding.add_from_step,
        name="add_from_step",
    ),
    path("incidents/<int:number>/postmortem/items/from-line/", adding.add_from_line, name="add_from_line"),
]
