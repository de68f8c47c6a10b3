"""Reviews, comments, publishing, and the timeline as the document shows it."""

from django.urls import URLPattern

patterns: list[URLPattern] = []
