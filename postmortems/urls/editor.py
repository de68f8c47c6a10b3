"""The page of a post-mortem: writing it, its versions and its pictures."""

from django.urls import URLPattern, path

from postmortems.views import page

patterns: list[URLPattern] = [
    path("incidents/<int:number>/postmortem/", page.postmortem, name="postmortem"),
]
