"""Secret addresses for calendars and feed readers."""

from django.urls import URLPattern, path

from postmortems.views import feeds

patterns: list[URLPattern] = [
    path("feeds/<str:token>/due-dates.ics", feeds.due_dates_feed, name="due_dates"),
    path("feeds/<str:token>/post-mortems.atom", feeds.published_feed, name="published"),
    path("settings/feeds/", feeds.feeds, name="feeds"),
    path("settings/feeds/<str:kind>/make/", feeds.make_feed, name="make_feed"),
    path("settings/feeds/<str:kind>/revoke/", feeds.revoke_feed, name="revoke_feed"),
]
