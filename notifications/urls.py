"""The inbox, what one owes, how one is told, and what was sent."""

from django.urls import URLPattern, path

from notifications.views import (
    answering,
    calendars,
    contacts,
    deliveries,
    inbox,
    preferences,
    room,
)

app_name = "notifications"

SETTINGS = "settings/notifications/"


def change(name: str) -> URLPattern:
    """A change of a destination: its operation is found by ``name``."""
    route = f"{SETTINGS}destinations/<int:destination_id>/{name}/"
    return path(route, preferences.change_destination, {"name": name}, name=f"{name}_destination")


inbox_patterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.mark_all_read, name="mark_all_read"),
    path("inbox/<uuid:delivery_id>/open/", inbox.open_notice, name="open_notice"),
    path("inbox/<uuid:delivery_id>/read/", inbox.mark_read, name="mark_read"),
    path("your-move/", inbox.your_move, name="your_move"),
    path("badges/", inbox.badges, name="badges"),
]

settings_patterns = [
    path(SETTINGS, preferences.preferences, name="preferences"),
    path(f"{SETTINGS}teams/<slug:slug>/", preferences.team, name="team"),
    path(f"{SETTINGS}teams/<slug:slug>/add/", preferences.add_destination, name="add_team_destination"),
    path(f"{SETTINGS}test/", preferences.send_mail_test, name="send_mail_test"),
    path(f"{SETTINGS}add/", preferences.add_destination, name="add_destination"),
    path(f"{SETTINGS}destinations/<int:destination_id>/uses/", preferences.choose_uses, name="choose_uses"),
    path(f"{SETTINGS}destinations/<int:destination_id>/test/", preferences.send_test, name="send_test"),
    path(
        f"{SETTINGS}destinations/<int:destination_id>/secret/", preferences.renew_secret, name="renew_secret"
    ),
    change("enable"),
    change("disable"),
    change("remove"),
    path("settings/deliveries/", deliveries.deliveries, name="deliveries"),
    path("settings/deliveries/<uuid:delivery_id>/", deliveries.delivery, name="delivery"),
    path("settings/deliveries/<uuid:delivery_id>/retry/", deliveries.retry_delivery, name="retry_delivery"),
    path(
        "settings/deliveries/<uuid:delivery_id>/settle/", deliveries.settle_delivery, name="settle_delivery"
    ),
]

room_patterns = [
    path("incidents/<int:number>/snooze/", room.snooze, name="snooze"),
    path("incidents/<int:number>/page/<int:position>/", room.page, name="page"),
    path("incidents/<int:number>/on-call/", room.on_call_here, name="on_call_here"),
    path("p/<str:token>/", answering.answer_page, name="answer_page"),
]

contact_patterns = [
    path("runbooks/<slug:slug>/contacts/", contacts.bindings, name="bindings"),
    path("runbooks/<slug:slug>/contacts/<int:position>/", contacts.bind, name="bind"),
    path("settings/on-call/", calendars.calendars, name="calendars"),
    path("settings/on-call/add/", calendars.add_calendar, name="add_calendar"),
    path("settings/on-call/<int:calendar_id>/", calendars.change_calendar, name="change_calendar"),
    path("settings/on-call/<int:calendar_id>/remove/", calendars.remove_calendar, name="remove_calendar"),
    path("settings/on-call/<int:calendar_id>/fetch/", calendars.fetch_calendar, name="fetch_calendar"),
]

urlpatterns = [*inbox_patterns, *settings_patterns, *room_patterns, *contact_patterns]
