"""Items out of the blocks that hold steps: lists, boxes in paragraphs and fences, code."""

import re
from collections.abc import Sequence

from runbooks.playbook import Item, ItemKind
from runbooks.reader import commands
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, ListItem, Paragraph, Quote, Table, box
from runbooks.reader.plain import code_spans, folded, plain

_DONE_MARK = re.compile(r"^(?:✅|✔️?|☑️?|✓|➡️?|👉|🔲|⬜|◻️?)\s*")
_FENCE_BOX = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])?\s*(?:\[[ xX]?\]|[☐☑□])\s*(\S.*)$")
_FENCE_NUMBER = re.compile(r"^\s{0,3}\d{1,2}[.)]\s+(\S.*)$")
_QUESTION = re.compile(r"[?？]\s*(?:[(（][^()（）]*[)）])?\s*[*_]*\s*$")
_DEPTH = 4


def from_list(block: ListBlock, depth: int = 0) -> list[Item]:
    """The items of a list; nested boxes and numbered steps under a box become items of their own."""
    items: list[Item] = []
    for entry in block.items:
        items.extend(from_entry(entry, depth))
    return items


def from_entry(entry: ListItem, depth: int = 0) -> list[Item]:
    text = _clean(entry.text)
    below = nested_steps(entry, depth)
    notes = [note for block in entry.blocks if not _is_steps(block) for note in _notes(block)]
    command = "\n".join(_nested_commands(entry)) or command_in(text)
    if notes:
        text = _joined(text, notes)
    if not text and not below:
        return []
    first = [Item(text, kind_of(text, entry.text), command, entry.line)] if text else []
    return first + below


def kind_of(text: str, original: str = "") -> ItemKind:
    """ "question" when the words end with a question mark; else a task."""
    return "question" if _QUESTION.search(plain(original or text)) else "task"


def _clean(text: str) -> str:
    return " ".join(
        _DONE_MARK.sub("", line.strip()) if not index else line.strip()
        for index, line in enumerate(text.split("\n"))
    ).strip()


def _is_steps(block: Block) -> bool:
    return isinstance(block, ListBlock) and any(item.box for item in block.items)


def nested_steps(entry: ListItem, depth: int = 0) -> list[Item]:
    """Boxes below a step, drawn as a list or in a fence."""
    if depth >= _DEPTH:
        return []
    drawn = [item for block in entry.blocks if isinstance(block, Fence) for item in boxes_in_fence(block)]
    return drawn + [
        item
        for block in entry.blocks
        if isinstance(block, ListBlock) and _is_steps(block)
        for item in from_list(block, depth + 1)
    ]


def _notes(block: Block, depth: int = 0) -> list[str]:
    """What stands under a step, as short phrases in the order written."""
    if depth > _DEPTH:
        return []
    if isinstance(block, Paragraph):
        return [" ".join(block.text.split())]
    if isinstance(block, Fence) and not commands.is_commands(block) and not commands.is_code(block):
        short = block.text.strip()
        return (
            [f"`{short}`"] if short and "\n" not in short and "`" not in short and len(short) <= 120 else []
        )
    if isinstance(block, Quote):
        return [note for inner in block.blocks for note in _notes(inner, depth + 1)]
    if isinstance(block, ListBlock):
        notes: list[str] = []
        for item in block.items:
            below = [note for inner in item.blocks for note in _notes(inner, depth + 1)]
            notes.append(_joined(_clean(item.text), below))
        return notes
    return []


def _joined(text: str, notes: list[str]) -> str:
    tail = "; ".join(note.rstrip(".;:") for note in notes if note)
    if not tail or not text:
        return text or tail
    return f"{text} {tail}" if plain(text)[-1:] in ":：?.!" else f"{text}: {tail}"


def _nested_commands(entry: ListItem, depth: int = 0) -> list[str]:
    found: list[str] = []
    for block in entry.blocks:
        if isinstance(block, Fence) and (commands.is_commands(block) or commands.is_code(block)):
            found.extend(item.command for item in commands.items(block) if item.command)
        elif isinstance(block, ListBlock) and depth < _DEPTH:
            for inner in block.items:
                found.extend(_nested_commands(inner, depth + 1))
    return found


def command_in(text: str) -> str:
    """The first command in backticks in a sentence, "" when none of the code is one."""
    return next((span for span in code_spans(text) if commands.is_command(span)), "")


def from_paragraphs(blocks: Sequence[Block]) -> list[Item]:
    """ "[ ] text" paragraphs, each with the notes that stand below it."""
    items: list[Item] = []
    for block in blocks:
        if isinstance(block, Paragraph) and paragraph_boxes(block):
            for offset, line in enumerate(block.text.split("\n")):
                has_box, text = box(line.strip())
                if has_box:
                    items.append(Item(_clean(text), kind_of(text), command_in(text), block.line + offset))
        elif items and isinstance(block, ListBlock | Paragraph):
            last = items[-1]
            text = _joined(last.text, _notes(block))
            items[-1] = Item(text, last.kind, last.command, last.line)
    return items


def paragraph_boxes(block: Paragraph) -> int:
    return sum(1 for line in block.text[:20_000].split("\n") if box(line.strip())[0])


def boxes_in_fence(fence: Fence) -> list[Item]:
    """Check boxes drawn in a fence, when the fence is little else."""
    return _lines_in_fence(fence, _FENCE_BOX)


def numbers_in_fence(fence: Fence) -> list[Item]:
    """A numbered procedure in a fence, when every line is one of its steps."""
    items = _lines_in_fence(fence, _FENCE_NUMBER)
    lines = [line for line in fence.text.split("\n") if line.strip()]
    return items if len(items) == len(lines) >= 3 else []


def _lines_in_fence(fence: Fence, pattern: re.Pattern[str]) -> list[Item]:
    if fence.info and folded(fence.info.split()[0]) not in (
        "markdown",
        "md",
        "text",
        "txt",
        "plaintext",
        "checklist",
    ):
        return []
    items: list[Item] = []
    lines = 0
    for line, text in enumerate(fence.text.split("\n"), fence.line + 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        lines += 1
        found = pattern.match(text[:2000])
        if found:
            items.append(Item(found[1].strip(), kind_of(found[1]), command_in(found[1]), line))
    return items if len(items) >= 2 and len(items) * 2 > lines else []


def from_table(table: Table) -> list[Item]:
    """A table of actions ("Timeline | Action", "Step | Action | Owner"), a step a row; [] when it is no such table."""
    headers = [folded(plain(cell)) for cell in table.header]
    action = next((index for index, header in enumerate(headers) if _ACTION.match(header)), None)
    lead = next(
        (index for index, header in enumerate(headers) if index != action and _LEAD.match(header)), None
    )
    if action is None or lead is None:
        return []
    items = []
    for row in table.rows:
        text = row.cells[action] if action < len(row.cells) else ""
        before = row.cells[lead] if lead < len(row.cells) else ""
        if text:
            label = f"{before}: " if before and not re.fullmatch(r"\W*\d+\W*", before) else ""
            items.append(Item(label + text, kind_of(text), command_in(text), row.line))
    return items


_ACTION = v.words(
    r"""
    actions?\b | steps?$ | tasks?\b | what to do | maßnahme | aktion | acci[óo]n | a[çc][ãa]o | azione
    조치 | 작업 | 対応 | アクション | 操作
    """
)
_LEAD = v.words(
    r"""
    time(?:line|frame)?\b | when\b | step\b | # | no\.?$ | phase | order | schritt | zeit | [ée]tape
    paso | tiempo | passo | tempo | 단계 | 시간 | ステップ | 手順 | 步骤
    """
)


def only_questions(items: Sequence[Item]) -> bool:
    return bool(items) and sum(item.kind == "question" for item in items) * 3 >= len(items) * 2


def imperative(items: Sequence[Item]) -> bool:
    """Whether most of the items begin by telling someone to do something."""
    texts = [plain(item.text).lstrip("*_ ") for item in items]
    told = sum(1 for text in texts if v.IMPERATIVE.match(text))
    conditional = sum(
        1 for text in texts if re.match(r"(?:if|when|once|for)\b.{3,80},|SEV|P[0-4]\b", text, re.I)
    )
    return (
        len(items) >= 2
        and told >= 1
        and (told + conditional) * 3 >= len(items) * 2
        and told * 2 >= conditional
    )
