"""Parts of a document that are read from the record whenever it is shown: ``{{ timeline }}``, ``{{ action items }}``.

They become Markdown in the text itself. So they are shown by the one renderer, behind the one sanitiser, and an
exported document, in which they stand written out, reads the same wherever it is opened.
"""

from collections.abc import Callable, Mapping
from functools import cache

from postmortems.live_parts.placing import PART, Find, Part, placed
from postmortems.live_parts.promises import promises_part
from postmortems.live_parts.timeline import timeline_part
from postmortems.models import Postmortem
from runbooks.documents import sections_of

MAKERS: Mapping[str, Callable[[Postmortem], Part]] = {
    "timeline": timeline_part,
    "action items": promises_part,
}
#: How often one part is written out in a document; more of them stay as they are.
MOST = 3


def written_out(postmortem: Postmortem, text: str) -> str:
    """``text`` with its live parts in words, as the record has them now."""
    if not PART.search(text):
        return text
    left = dict.fromkeys(MAKERS, MOST)

    @cache
    def make(name: str) -> Part:
        return MAKERS[name](postmortem)

    def part(name: str) -> Part | None:
        left[name] -= 1
        return make(name) if left[name] >= 0 else None

    written = _placed(text.replace("\r\n", "\n").replace("\r", "\n"), part)
    # What was code below a part may be no code below its list: it stays words, and the text reads the same again.
    return _placed(written, lambda name: None) if PART.search(written) else written


def _placed(text: str, find: Find) -> str:
    return "".join(
        placed(section, find) if PART.search(section) else section for section in sections_of(text)
    )
