"""The document as HTML."""

from django.utils.safestring import SafeString

from postmortems.models import Postmortem
from postmortems.outline import sections
from runbooks.markdown import is_too_costly, parse, plain, render_tokens


def html_of(postmortem: Postmortem, text: str) -> SafeString:
    """Safe HTML of ``text``, a text of ``postmortem``; its highest heading is an h2."""
    if is_too_costly(text):
        return plain(text)
    highest = min((section.level for section in sections(text)), default=1)
    return render_tokens(parse(text), first_heading=3 - highest)
