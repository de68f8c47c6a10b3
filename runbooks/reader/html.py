"""Tables that an author wrote in HTML, as rows of cells."""

from html.parser import HTMLParser

LIMIT = 60_000


class _Rows(HTMLParser):
    """Collects (line, cells); the parts of a cell's list are joined by "; "."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append((self.getpos()[0], []))
        elif tag in ("td", "th") and self.rows:
            self.rows[-1][1].append("")
            self.inside = True
        elif tag in ("li", "br", "p") and self.inside and self.rows[-1][1][-1].strip():
            self.rows[-1][1][-1] = self.rows[-1][1][-1].rstrip(" .;") + "; "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][1][-1] += " ".join(data.split()) + (" " if data[-1:].isspace() else "")


def rows(text: str) -> list[tuple[int, list[str]]]:
    """(line within the text, cells) of each row; [] when the text is no table, or too long to be one."""
    if len(text) > LIMIT or not text.lstrip()[:6].casefold().startswith("<table"):
        return []
    parser = _Rows()
    parser.feed(text)
    return [
        (line, [cell.strip() for cell in cells]) for line, cells in parser.rows if any(map(str.strip, cells))
    ]
