"""Markdown from people, as HTML that is safe to show: one parser, one allow-list, for the whole portal.

Raw HTML is off in the parser and the sanitiser lets through only what the parser itself can make: no id,
name or class of the author's, no image loaded, no scheme but http, https and mailto.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

MAX_BYTES = 200_000
MAX_BRACKETS = 2_000  # each unclosed "[" or "![" costs the parser a scan to the end of its block
MAX_LINK_SCANS = (
    50_000_000  # an address that does not end is tried from each of its "http://": its square, 0.3 s
)
_BARE_LINK = re.compile(r"://|@|mailto:", re.IGNORECASE)

Resolve = Callable[[str], str | None]

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "del", "a", "div", "table", "thead", "tbody", "tr", "th", "td", "mark"),
}
_CLASSES = {
    "ul": {"boxes"},
    "ol": {"boxes"},
    "li": {"done"},
    "div": {"scroll", "notice"},
    "p": {"title"},
    "mark": {"warn"},
}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "div": {"role", "tabindex", "aria-label"}, "*": {"id"}}


def render(text: str, *, resolve: Resolve | None = None) -> SafeString:
    """HTML of ``text``; headings begin at h3, to sit inside a panel that has its own.

    ``resolve`` gives the address for a relative link, or None to show it as words; without it only links
    from the root of this site ("/incidents/12/") stay. Text that would cost the parser seconds comes back
    as it is, in a ``<pre>``.
    """
    return _render_cached(text) if resolve is None else _render(text, resolve)


def render_inline(text: str) -> SafeString:
    """HTML of one line's inline Markdown (code, emphasis, links), without a paragraph around it."""
    return _render_inline_cached(text)


def is_too_costly(text: str) -> bool:
    """Whether parsing ``text`` could take seconds: then it is shown as plain text."""
    return len(text.encode("utf-8", "replace")) > MAX_BYTES or text.count("[") > MAX_BRACKETS


def parse(text: str) -> list[Token]:
    """The tokens of ``text``, each block with the lines it spans in ``token.map`` (0-based)."""
    return _parser_for(text).parse(text, {})


def render_tokens(
    tokens: Sequence[Token],
    *,
    first_heading: int = 2,
    resolve: Resolve | None = None,
    pictures: Resolve | None = None,
) -> SafeString:
    """Safe HTML of some of :func:`parse`'s tokens. A "#" becomes a heading of level ``first_heading``.

    ``pictures`` gives the address on this site of an image that may be shown, or None for one that stays a link.
    """
    for token in tokens:
        _shape(token, first_heading)
    html = _parser.renderer.render(tokens, _parser.options, {"pictures": pictures})
    return _clean(html, resolve, pictures)


def parser_for(text: str) -> MarkdownIt:
    """The parser that reads ``text`` in a time that grows with its length."""
    return _parser_for(text)


def plain(text: str) -> SafeString:
    """``text`` as it is, in a ``<pre>``."""
    return mark_safe(f"<pre>{escape(text)}</pre>")


@lru_cache(maxsize=1024)
def _render_cached(text: str) -> SafeString:
    return _render(text, None)


def _render(text: str, resolve: Resolve | None) -> SafeString:
    if is_too_costly(text):
        return plain(text)
    return render_tokens(parse(text), first_heading=3, resolve=resolve)


@lru_cache(maxsize=4096)
def _render_inline_cached(text: str) -> SafeString:
    if is_too_costly(text):
        return SafeString(escape(text))
    return _clean(_parser_for(text).renderInline(text), None)


def _clean(html: str, resolve: Resolve | None, pictures: Resolve | None = None) -> SafeString:
    cleaned = nh3.clean(
        html,
        tags=_TAGS | {"img"} if pictures else _TAGS,
        attributes=_ATTRIBUTES | {"img": {"src", "alt"}} if pictures else _ATTRIBUTES,
        allowed_classes=_CLASSES,
        attribute_filter=_only_ours(pictures),
        url_schemes={"http", "https", "mailto"},
        url_relative=resolve or _from_root,
        link_rel="noopener noreferrer nofollow ugc",
    )
    return mark_safe(cleaned)


def _only_ours(pictures: Resolve | None) -> Callable[[str, str, str], str | None]:
    """Keep the ids of lines, and the addresses of the document's own pictures."""

    def kept(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return value if pictures and pictures(value) == value else None
        if name == "id" and not (value[:1] == "L" and value[1:].isdecimal()):
            return None
        return value

    return kept


def _from_root(url: str) -> str | None:
    """Keep "/incidents/12/"; drop "//host" and "/\\host", which a browser takes for another site."""
    return url if url[:1] == "/" and url[1:2] not in ("/", "\\") else None


def _shape(token: Token, first_heading: int) -> None:
    """Fit a block to the page it lands in: its heading level, our class names, an anchor for its line."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{max(2, min(6, int(token.tag[1]) + first_heading - 1))}"
    css = str(token.attrs.pop("class", ""))
    token.attrs.pop("style", None)
    if "contains-task-list" in css:
        token.attrSet("class", "boxes")
    elif "markdown-alert-title" in css:
        token.attrSet("class", "title")
    elif "markdown-alert" in css:
        token.attrSet("class", "notice")


def _list_item(_: RendererHTML, tokens: Sequence[Token], idx: int, *__: Any) -> str:
    """A box is drawn by the list's style: a real checkbox would need a label and could not be ticked."""
    checked = bool((tokens[idx].meta or {}).get("checked"))
    anchor = tokens[idx].attrGet("id")
    return f"<li{f' id={anchor}' if anchor else ''}{' class=done' if checked else ''}>"


def _image(self: RendererHTML, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    """An own picture; another image as a link: nothing is fetched from elsewhere while someone reads."""
    token = tokens[idx]
    shown = env["pictures"](str(token.attrGet("src") or "")) if env.get("pictures") else None
    words = escape(self.renderInlineAsText(token.children or [], options, env) or ("" if shown else "image"))
    if shown:
        return f'<img src="{escape(shown)}" alt="{words}">'
    if _inside_link(tokens, idx):
        return str(words)
    return f'<a href="{escape(str(token.attrGet("src") or ""))}">{words}</a>'


def _inside_link(tokens: Sequence[Token], idx: int) -> bool:
    return sum((t.type == "link_open") - (t.type == "link_close") for t in tokens[:idx]) > 0


def _code(_: RendererHTML, tokens: Sequence[Token], idx: int, *__: Any) -> str:
    """A code block; the words in its meta's "blanks" are marked as something to fill in."""
    anchor = tokens[idx].attrGet("id")
    words = _marked(tokens[idx].content, (tokens[idx].meta or {}).get("blanks", ()))
    return f"<pre{f' id={anchor}' if anchor else ''}><code>{words}</code></pre>\n"


def _marked(text: str, blanks: Sequence[str]) -> str:
    if not blanks:
        return str(escape(text))
    longest_first = sorted(blanks, key=len, reverse=True)[:200]
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
    return "".join(f"<mark>{escape(p)}</mark>" if n % 2 else str(escape(p)) for n, p in enumerate(pieces))


def mark_words(token: Token, words: str) -> None:
    """Mark ``words``, where they stand alone in an inline token's text, as still to be set."""
    for child in token.children or []:
        if child.type == "text" and child.content.strip() == words:
            child.type, child.content = "html_inline", f'<mark class="warn">{escape(words)}</mark>'


def _table(_: RendererHTML, tokens: Sequence[Token], idx: int, *__: Any) -> str:
    """A wide table scrolls by itself, by keyboard too, so that the page need not."""
    anchor = tokens[idx].attrGet("id")
    box = '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
    return f"{box}<table{f' id={anchor}' if anchor else ''}>"


def _table_end(*_: Any) -> str:
    return "</table></div>"


def _parser_for(text: str) -> MarkdownIt:
    """The parser, or the one that leaves bare addresses as words where finding them could take seconds."""
    scans = sum(len(word) ** 2 for word in text.split() if _BARE_LINK.search(word))
    return _parser if scans <= MAX_LINK_SCANS else _parser_of_words


def _make_parser(*, bare_links: bool = True) -> MarkdownIt:
    parser = MarkdownIt("gfm-like2", {"html": False, "langPrefix": "", "linkify": bare_links})
    if parser.linkify:
        # Only what names its scheme: else deploy.sh and README.md lead to web sites of that name, and a line
        # of "=www." takes minutes.
        parser.linkify.set({"fuzzy_link": False}).add("//", None)
    rules: dict[str, Callable[..., str]] = {
        "list_item_open": _list_item,
        "image": _image,
        "fence": _code,
        "code_block": _code,
        "table_open": _table,
        "table_close": _table_end,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_parser = _make_parser()
_parser_of_words = _make_parser(bare_links=False)
