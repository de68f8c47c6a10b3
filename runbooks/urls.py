from django.urls import path

from runbooks.views import editing, managing, reading

app_name = "runbooks"

urlpatterns = [
    path("runbooks/", reading.runbooks, name="list"),
    path("runbooks/new/", editing.new, name="new"),
    path("runbooks/preview/", editing.preview, name="preview"),
    path("runbooks/<slug:slug>/", reading.detail, name="detail"),
    path("runbooks/<slug:slug>/edit/", editing.edit, name="edit"),
    path("runbooks/<slug:slug>/export/", reading.export, name="export"),
    path("runbooks/<slug:slug>/revisions/", reading.revisions, name="revisions"),
    path("runbooks/<slug:slug>/revisions/<int:number>/", reading.revision, name="revision"),
    path("runbooks/<slug:slug>/revisions/<int:number>/changes/", reading.changes, name="changes"),
    path("runbooks/<slug:slug>/revisions/<int:number>/export/", reading.export, name="export_revision"),
    path("runbooks/<slug:slug>/default/", managing.set_default, name="set_default"),
    path("runbooks/<slug:slug>/team/", managing.assign_team, name="assign_team"),
    path("runbooks/<slug:slug>/archive/", managing.archive, name="archive"),
    path("runbooks/<slug:slug>/unarchive/", managing.unarchive, name="unarchive"),
]
