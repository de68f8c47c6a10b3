"""Which runbook a link in another one means: by file name, address or title."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.urls import reverse

from runbooks.models import Runbook
from runbooks.playbook import Playbook
from runbooks.wording import slug


@dataclass(frozen=True, slots=True)
class Link:
    """A related runbook as the document names it; ``url`` is "" while it is not in Allclear."""

    title: str
    target: str
    line: int
    url: str


class Shelf:
    """The runbooks there are, by every name a link may use. One query, made when first asked."""

    def __init__(self) -> None:
        self._slugs: dict[str, str] | None = None

    def url(self, target: str, title: str = "") -> str | None:
        """The page of the runbook that a relative link means; None for an unknown one and for other sites."""
        path = _path_in(target)
        if path is None:
            return None
        found = self._known().get(slug(PurePosixPath(path).stem)) or self._known().get(slug(title))
        return reverse("runbooks:detail", args=[found]) if found else None

    def links(self, playbook: Playbook) -> tuple[Link, ...]:
        """The related runbooks of ``playbook``, each once."""
        made = [
            Link(r.title or r.target, r.target, r.line, self.url(r.target, r.title) or "")
            for r in playbook.related
        ]
        return tuple({link.url or link.target: link for link in made}.values())

    def _known(self) -> dict[str, str]:
        if self._slugs is None:
            rows = list(Runbook.objects.active().values_list("slug", "title", "current__filename"))
            by_title = {slug(title): address for address, title, _ in rows}
            by_file = {slug(PurePosixPath(name).stem): address for address, _, name in rows if name}
            self._slugs = {**by_title, **by_file, **{address: address for address, _, _ in rows}}
            self._slugs.pop("", None)
        return self._slugs


def _path_in(target: str) -> str | None:
    """The path of a link; None for a link to another site, and for one that is no address at all."""
    try:
        return None if "://" in target[:12] else unquote(urlsplit(target).path)
    except ValueError:  # "//[x"
        return None
