"""Starting a post-mortem, its exports, and the library of all."""

from django.urls import URLPattern, path

from postmortems.views import exports, library, starting

patterns: list[URLPattern] = [
    path("postmortems/", library.library, name="library"),
    path("incidents/<int:number>/postmortem/start/", starting.start, name="start"),
    path("incidents/<int:number>/postmortem/export.md", exports.export_markdown, name="export_markdown"),
    path("incidents/<int:number>/postmortem/export.html", exports.export_html, name="export_html"),
    path("incidents/<int:number>/postmortem/export.pdf", exports.export_pdf, name="export_pdf"),
    path("incidents/<int:number>/postmortem/export.json", exports.export_json, name="export_json"),
    path("incidents/<int:number>/record.zip", exports.export_record, name="export_record"),
]
