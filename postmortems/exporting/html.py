"""A post-mortem as one HTML file that needs nothing else: no script, no address to fetch, its pictures inside."""

import re
from base64 import b64encode

from django.conf import settings
from django.template.loader import render_to_string

from postmortems.fields import duration_of
from postmortems.models import Postmortem
from postmortems.moments import moment_in_words
from postmortems.rendering import html_of

# A "<" in words or in a value is never followed by these letters as they stand here: the sanitiser writes it otherwise.
_PICTURE = re.compile(r'<img src="/incidents/\d{1,15}/postmortem/pictures/([0-9a-f-]{36})"')
_LINK = re.compile(r'<a href="/(?=[^/\\])')


def page_of(postmortem: Postmortem) -> str:
    """The whole file. The same document at the same state of the record is the same bytes."""
    incident = postmortem.incident
    context = {
        "postmortem": postmortem,
        "incident": incident,
        "body": _alone(postmortem, str(html_of(postmortem, postmortem.text))),
        "facts": _facts(postmortem),
        "address": f"{settings.SITE_URL}/incidents/{incident.pk}/postmortem/",
        "organisation": settings.ORGANISATION,
        "changed_at": moment_in_words(postmortem.changed_at),
    }
    return render_to_string("postmortems/export.html", context)


def _alone(postmortem: Postmortem, html: str) -> str:
    """``html`` with its pictures inside, and links that lead here from anywhere."""
    if _PICTURE.search(html):
        found = {str(p.pk): p for p in postmortem.pictures.all()}
        html = _PICTURE.sub(
            lambda m: f'<img src="{_inside(found[m[1]].media_type, found[m[1]].content)}"', html
        )
    return _LINK.sub(f'<a href="{settings.SITE_URL}/', html)


def _inside(media_type: str, content: bytes | memoryview) -> str:
    return f"data:{media_type};base64,{b64encode(bytes(content)).decode()}"


def _facts(postmortem: Postmortem) -> list[tuple[str, str]]:
    incident = postmortem.incident
    said = [
        ("Severity", incident.severity_name),
        ("Started", moment_in_words(incident.started_at)),
        ("Lasted", duration_of(incident)),
        ("Services", ", ".join(service.name for service in incident.services.all())),
        ("Author", postmortem.author.name if postmortem.author else ""),
        ("Status", _status(postmortem)),
    ]
    return [(label, value) for label, value in said if value]


def _status(postmortem: Postmortem) -> str:
    if not postmortem.is_published or postmortem.published_at is None:
        return postmortem.get_status_display()
    since = ", edited since" if postmortem.is_changed_since else ""
    return f"Published {moment_in_words(postmortem.published_at)}{since}"
