"""What a page is made of, without its words: to be compared with the same page made of harmless ones."""

import re
from html.parser import HTMLParser

ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "srcset",
    "poster",
    "data",
    "background",
    "ping",
}
#: Attributes that hold people's words, or a time.
WORDS = {
    "value", "title", "aria-label", "placeholder", "alt", "datetime", "content", "data-now", "data-blank", "max", "data-status",
    "data-sev", "start", "data-tag", "hx-headers", "data-words", "data-linked",
}  # fmt: skip


class _Inventory(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, "without src") if tag == "script" and "src" not in dict(attrs) else (tag,))
        for name, value in attrs:
            if name in ADDRESSES:
                self.found.add((tag, name, where(value or "")))
            elif name in WORDS:
                self.found.add((tag, name))
            else:
                self.found.add((tag, name, re.sub(r"\d+", "N", value or "")))

    def handle_comment(self, data: str) -> None:
        self.found.add(("!--",))

    def handle_decl(self, decl: str) -> None:
        self.found.add(("!", decl))

    def handle_pi(self, data: str) -> None:
        self.found.add(("?",))

    def unknown_decl(self, data: str) -> None:
        self.found.add(("!",))


def where(address: str) -> str:
    """What kind of place an address leads to, as a browser reads it."""
    plain = re.sub(r"[\x00-\x20]", "", address)
    if re.match(r"[/\\]{2}", plain):
        return "another site"
    if plain[:1] in ("/", "#", "?"):
        return plain[:1]
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)", plain)
    return scheme[0].lower() if scheme else "here"


def inventory(html: str) -> set[tuple[str, ...]]:
    """Tags, attributes with their values (numbers as N), and kinds of addresses."""
    parser = _Inventory()
    parser.feed(html)
    parser.close()
    return parser.found
