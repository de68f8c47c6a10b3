"""Secret addresses for calendars and feed readers."""

from django.urls import URLPattern

patterns: list[URLPattern] = []
