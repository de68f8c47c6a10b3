"""Communication templates: messages with blanks, in fences, quotes, lists, tables and code spans."""

import re

from runbooks.playbook import Template
from runbooks.reader import commands, steps
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, Paragraph, Quote, Section, Table
from runbooks.reader.plain import code_spans, folded, plain

_WORDS = {
    "",
    "text",
    "txt",
    "plaintext",
    "plain",
    "markdown",
    "md",
    "email",
    "eml",
    "slack",
    "message",
    "none",
    "mail",
}
_BLANK = re.compile(
    r"【[^【】\n]{1,40}】|\{\{\{?[^{}\n]{1,80}\}?\}\}"
    r"|(?<!!)\[(?![ xX✓]?\])(?:[^\[\]\n]|\[[^\[\]\n]{0,60}\]){1,120}\](?![(\[])"
    r"|(?<![$%#])\{[^{}\n\"';]{1,80}\}"
    r"|<(?![/!?@#])(?!https?:|mailto:)[^<>\n=@]{1,80}>"
    r"|\$\{[^{}\n]{1,60}\}|%[A-Z][A-Z_]{2,40}%"
    r"|(?<![\w_])_{3,}(?![\w_])"
)
_HTML = re.compile(
    r"</?(?:br|b|i|p|a|em|strong|code|ul|ol|li|table|tr|td|th|div|span|img|hr|h[1-6]|details|"
    r"summary|pre|u|s|sub|sup|kbd|small)(?:\s[^<>]*)?/?>$",
    re.I,
)
_CHOICE = re.compile(r"[^\s/|](?:\s?)[/|](?:\s?)[^\s/|]")
_DIAGRAM = re.compile(r"[─│┌┐└┘├┤┬┴┼═║╔╗╚╝▼▲►◄]|-->|==>|\+-{3,}")
_CONCRETE = re.compile(
    r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?\s?(?:UTC|GMT|[AP]M|[A-Z]{3,4}\b|Uhr)?|"
    r"\b20\d\d-\d\d-\d\d\b|\b(?:INC|incident|ticket)[ -]?#?\d+\b|\b\d{1,3}(?:\.\d+)?%"
)
_QUOTED = re.compile(r"[\"“„«「]([^\"“”„«»「」\n]{12,1000})[\"”“»」]")


def find(root: Section, claimed: set[int]) -> tuple[tuple[Template, ...], list[Block]]:
    found: list[Template] = []
    claims: list[Block] = []
    for section in root.walk():
        quotes = any(isinstance(block, Fence | Quote) for block in section.blocks)
        for block in section.blocks:
            if id(block) in claimed or (quotes and isinstance(block, Paragraph)):
                continue
            here = _from_block(section, block)
            if here:
                found.extend(here)
                claims.append(block)
    return tuple(found), claims


class _Context:
    """How much the headings above promise a message: a template, something about communication, or nothing."""

    def __init__(self, section: Section, block: Block) -> None:
        above = list(section.ancestors())
        near = " › ".join([block.lead[-160:], *(ancestor.title for ancestor in above[:3])])
        own = f"{block.lead[-160:]} › {section.title}"
        self.template = v.TEMPLATE.search(near) is not None
        self.communication = (
            v.COMMUNICATION.search(
                " › ".join([block.lead[-160:], *(ancestor.title for ancestor in above[:2])])
            )
            is not None
        )
        self.example = v.EXAMPLE.search(own) is not None and v.TEMPLATE.search(own) is None
        foreign = v.NOT_A_MESSAGE.search(own) is not None
        postmortem = v.POSTMORTEM.search(own) is not None
        self.excluded = (foreign or postmortem) and v.COMMUNICATION.search(section.title) is None


def _from_block(section: Section, block: Block) -> list[Template]:
    if isinstance(block, Fence | Quote):
        return _whole(section, block)
    if isinstance(block, ListBlock):
        return _from_list(section, block)
    if isinstance(block, Table):
        return _from_table(section, block)
    if isinstance(block, Paragraph):
        return _from_paragraph(section, block)
    return []


def _whole(section: Section, block: Fence | Quote) -> list[Template]:
    text = block.text.strip("\n")
    if isinstance(block, Fence) and not _holds_words(block):
        return []
    if isinstance(block, Quote) and re.match(r"\s*\[!(?:NOTE|TIP|WARNING|IMPORTANT|CAUTION)\]", text, re.I):
        return []
    context = _Context(section, block)
    if not text.strip() or context.excluded:
        return []
    template = _template(_title(section, block), text, block.line)
    blanks = len(template.placeholders)
    tagged = bool(template.tags)
    concrete = not blanks and (_CONCRETE.search(text) is not None or (not tagged and _is_filled_form(text)))
    if concrete or (context.example and not blanks):
        is_one = False
    elif context.template:
        is_one = blanks > 0 or tagged or (context.communication and len(text) > 40)
    elif context.communication:
        is_one = blanks >= (2 if isinstance(block, Quote) else 1) or tagged
    else:
        is_one = isinstance(block, Fence) and blanks >= 2 and tagged
    return [template] if is_one else []


def _is_filled_form(text: str) -> bool:
    """ "Impact: slow search", line after line: somebody filled this in already."""
    return len(re.findall(r"^\W*\w[\w ]{1,24}: \S", text[:4000], re.M)) >= 2


def _holds_words(fence: Fence) -> bool:
    language = folded(fence.info.split()[0]) if fence.info.split() else ""
    if language not in _WORDS or commands.is_commands(fence):
        return False
    if steps.boxes_in_fence(fence) or steps.numbers_in_fence(fence):
        return False
    return len(_DIAGRAM.findall(fence.text[:4000])) < 3 and not re.match(r"\s*/[a-z]", fence.text)


def _title(section: Section, block: Block) -> str:
    title = section.title.rstrip(":： ")
    lead = plain(block.lead).rstrip(":： ") if block.lead else ""
    if block.lead.rstrip().endswith((":", "：", ":**", "：**")) and len(lead) <= 60 and not section.is_label:
        return lead
    return title or lead


def _from_list(section: Section, block: ListBlock) -> list[Template]:
    context = _Context(section, block)
    found: list[Template] = []
    for item in block.items:
        for nested in item.blocks:
            if (
                isinstance(nested, Fence | Quote)
                and (context.template or v.COMMUNICATION.search(plain(item.text)[:120]))
                and not context.excluded
            ):
                title = _item_title(item.text) or section.title
                template = _template(title, nested.text.strip("\n"), nested.line)
                if template.placeholders and (isinstance(nested, Quote) or _holds_words(nested)):
                    found.append(template)
        if context.template and not context.excluded and not item.box:
            quoted = _QUOTED.search(item.text[:2000])
            if quoted and _template("", quoted[1], 0).placeholders:
                found.append(
                    _template(_item_title(item.text[: quoted.start()]) or section.title, quoted[1], item.line)
                )
                continue
        found.extend(_in_code(section, item.text, item.line))
    return found


def _item_title(text: str) -> str:
    return re.split(r"[:：–—]", plain(text), maxsplit=1)[0].strip(' -."“')[:80]


def _in_code(section: Section, text: str, line: int) -> list[Template]:
    """A message in a code span after "Post in #incidents:"."""
    if not re.match(
        r"^\W*(?:post|send|announce|write|publish|share|message|type|poste|schreib|sende|publi|"
        r"envi|anuncia)",
        plain(text),
        re.I,
    ):
        return []
    for span in code_spans(text):
        template = _template(section.title, span, line)
        if (
            len(span) >= 20
            and span.count(" ") >= 3
            and template.placeholders
            and not commands.is_command(span)
            and not span.startswith("/")
        ):
            return [template]
    return []


def _from_table(section: Section, table: Table) -> list[Template]:
    context = _Context(section, table)
    if not context.template or context.excluded or len(table.header) < 2 or len(table.rows) > 40:
        return []
    column = next(
        (
            index
            for index, cell in enumerate(table.header)
            if re.search(
                r"template|message|text|wording|vorlage|nachricht|mensaje|mensagem|message|modèle|템플릿|"
                r"메시지|文面|内容|模板",
                cell,
                re.I,
            )
        ),
        None,
    )
    if column is None or column == 0:
        return []
    found = []
    for row in table.rows:
        text = (
            re.sub(r"<br\s*/?>", "\n", row.cells[column], flags=re.I).strip('"“” ')
            if column < len(row.cells)
            else ""
        )
        template = _template(plain(row.cells[0]), text, row.line)
        if template.placeholders or template.tags:
            found.append(template)
    return found


def _from_paragraph(section: Section, block: Paragraph) -> list[Template]:
    """A message written straight under its heading, in a section of templates that quotes none."""
    if not section.parent:
        return []
    context = _Context(section, block)
    above = section.parent.title
    if (
        context.excluded
        or not v.TEMPLATE.search(f"{above} › {section.title}")
        or not (v.COMMUNICATION.search(section.path()))
    ):
        return []
    template = _template(section.title.rstrip(":： "), block.text, block.line)
    return [template] if len(template.placeholders) >= 2 else []


def _template(title: str, text: str, line: int) -> Template:
    placeholders, tags, choices = blanks(text)
    return Template(title, text, placeholders, tags, choices, line)


def blanks(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(placeholders, literal tags, choices) of a message, each once, in order."""
    placeholders: dict[str, None] = {}
    tags: dict[str, None] = {}
    for found in _BLANK.finditer(text[:20_000]):
        mark = found[0]
        inner = mark.strip("[]{}<>$%【】 ").strip()
        if _is_html(mark, text) or (not inner and not mark.startswith("_")) or inner.isdigit():
            continue
        if mark[0] in "[【" and v.STATUS_TAG.match(inner):
            tags[mark] = None
        elif mark[0] == "【":
            continue
        else:
            placeholders[mark] = None
    choices = tuple(mark for mark in placeholders if _is_choice(mark))
    return tuple(placeholders), tuple(tags), choices


def _is_html(mark: str, text: str) -> bool:
    """A tag, as against a blank in angle brackets: "<br>", or "<summary>" that is closed further on."""
    found = _HTML.match(mark)
    if not found:
        return False
    name = mark.strip("</> ").split()[0].casefold()
    return (
        name in ("br", "hr", "img", "p", "b", "i") or mark.startswith("</") or f"</{name}>" in text.casefold()
    )


def _is_choice(mark: str) -> bool:
    inner = mark.strip("[]{}<>")
    return (
        "://" not in inner
        and not inner.startswith("/")
        and _CHOICE.search(inner) is not None
        and not re.fullmatch(r"\w{1,4}/\w{1,4}/\w{2,4}|[nN]/[aA]", inner)
    )
