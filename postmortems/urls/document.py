"""Starting a post-mortem, its exports, and the library of all."""

from django.urls import URLPattern, path

from postmortems.views import library

patterns: list[URLPattern] = [
    path("postmortems/", library.library, name="library"),
]
