"""The page of a post-mortem: writing it, its versions and its pictures."""

from django.urls import URLPattern, path

from postmortems.views import inserting, page, pictures, settling, versions, writing

DOCUMENT = "incidents/<int:number>/postmortem/"

patterns: list[URLPattern] = [
    path(DOCUMENT, page.postmortem, name="postmortem"),
    path(f"{DOCUMENT}save/", writing.save, name="save"),
    path(f"{DOCUMENT}preview/", writing.preview, name="preview"),
    path(f"{DOCUMENT}latest/", writing.latest, name="latest"),
    path(f"{DOCUMENT}insert/", inserting.insert, name="insert"),
    path(f"{DOCUMENT}pictures/", pictures.add_picture, name="add_picture"),
    path(f"{DOCUMENT}pictures/<uuid:picture_id>", pictures.picture, name="picture"),
    path(f"{DOCUMENT}versions/", versions.versions, name="versions"),
    path(f"{DOCUMENT}versions/<int:version>/", versions.version, name="version"),
    path(f"{DOCUMENT}versions/<int:version>/restore/", versions.restore, name="restore"),
    path(f"{DOCUMENT}changes/", versions.changes, name="changes"),
    path(f"{DOCUMENT}conflicts/<int:version>/", settling.settle_conflict, name="settle_conflict"),
]
