"""Commands to copy, out of code: each with the comment above it as its instruction."""

import re
from dataclasses import dataclass

from runbooks.playbook import Item, ItemKind
from runbooks.reader.blocks import Fence
from runbooks.reader.plain import folded

SHELL = {
    "bash",
    "sh",
    "shell",
    "zsh",
    "console",
    "shell-session",
    "shellsession",
    "terminal",
    "powershell",
    "ps1",
    "pwsh",
    "cmd",
    "bat",
    "fish",
    "ksh",
    "ssh",
    "cli",
    "kubectl",
    "aws",
    "make",
}
_SQL = {
    "sql",
    "psql",
    "postgres",
    "postgresql",
    "mysql",
    "plsql",
    "redis",
    "mongodb",
    "mongo",
    "promql",
    "kusto",
    "kql",
    "logql",
    "cypher",
    "http",
    "graphql",
}
_CODE = {
    "python",
    "py",
    "ruby",
    "rb",
    "javascript",
    "js",
    "typescript",
    "ts",
    "go",
    "php",
    "perl",
    "groovy",
    "elixir",
}
_TEXT = {"", "text", "txt", "plaintext", "plain", "none", "code"}
_QUERY = re.compile(
    r"^(?:select|with\s+\w+\s+as|insert into|update\s+\w+\s+set|delete from|show|explain|"
    r"alter|vacuum|analyze|kill|truncate|drop|create)\b.{3,}",
    re.I,
)
_QUERY_SURE = re.compile(
    r"^(?:select\b.{1,400}\bfrom\b|select\s+pg_|show\s+\w+|explain\b|kill\s+\d|"
    r"alter\s+(?:table|system)|vacuum\b|delete from\b|update\s+\w+\s+set\b|insert into\b).*",
    re.I,
)
_PROGRAM = re.compile(
    r"^(?:sudo\s+)?(?:kubectl|docker|docker-compose|podman|helm|git|gh|aws|az|gcloud|gsutil|"
    r"vercel|heroku|fly|flyctl|netlify|wrangler|terraform|ansible(?:-\w+)?|ssh|scp|rsync|curl|"
    r"wget|psql|pg_dump|pg_restore|pg_ctl|mysql|mysqldump|mongo(?:sh|dump)?|redis-cli|npm|npx|"
    r"pnpm|yarn|node|deno|bun|python3?|pip3?|uv|poetry|php|composer|artisan|bundle|rails|rake|"
    r"ruby|java|mvn|gradle|go|cargo|make|systemctl|service|journalctl|supervisorctl|pm2|nginx|"
    r"apachectl|tail|head|cat|less|grep|egrep|rg|awk|sed|find|ls|cd|cp|mv|rm|mkdir|chmod|"
    r"chown|df|du|free|top|htop|ps|kill|pkill|killall|lsof|netstat|ss|ip|ifconfig|iptables|"
    r"ufw|ping|dig|nslookup|host|traceroute|mtr|nc|telnet|openssl|certbot|tar|gzip|zip|unzip|"
    r"export|echo|env|printenv|source|watch|xargs|jq|yq|date|uptime|dmesg|mount|umount|reboot|"
    r"shutdown|crontab|argocd|flux|istioctl|consul|vault|nomad|etcdctl|kafka-\w+(?:\.sh)?|"
    r"rabbitmqctl|celery|supabase|prisma|stripe|sentry-cli|datadog-agent|pd|newrelic|cf|oc|"
    r"eksctl|doctl|linode-cli|Get-\w+|Set-\w+|Restart-\w+|Stop-\w+|Start-\w+|New-\w+|"
    r"Invoke-\w+|Test-\w+)(?=\s|$)(?!\s+(?:the|a|an|is|are|your|our|for|of|and|with)\s)"
)
_PATH = re.compile(r"^(?:\./|\.\./|~/|/(?:usr|opt|etc|var|bin|home)/)[\w./-]+(?:\s|$)")
_COMMENT = re.compile(r"^\s*(?:#(?!!)+|//|--(?=\s)|rem\s|::\s)\s*(.*)$", re.I)
_DECORATION = re.compile(r"^[\s=*#\-_~+─━═]*$")
_PROMPT = re.compile(r"^\s*(?:\$|PS [^>]{0,60}>|[\w.@~:/-]{1,40}[$#]|>)\s+(?=\S)")
_STEP_NUMBER = re.compile(r"^(?:step\s+)?\d{1,2}[.):]\s+", re.I)
_DOLLAR = re.compile(r"\s*\$\s+\S")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_OPENS = re.compile(r"(?:^|[;&|]\s*|\s)(?:do|then|\{)\s*(?:#.*)?$|^\s*case\b.*\bin\s*$")
_CLOSES = re.compile(r"^\s*(?:done|fi|esac|\})")


def is_commands(fence: Fence) -> bool:
    """Whether the fence holds things to run rather than words to read."""
    language = _language(fence)
    if language in SHELL or language in _SQL:
        return True
    if language not in _TEXT:
        return False
    lines = [line for line in fence.text[:4000].split("\n") if line.strip() and not _COMMENT.match(line)]
    runnable = [line for line in lines if is_command(_PROMPT.sub("", line).strip()) or line[:1].isspace()]
    return bool(lines) and is_command(_PROMPT.sub("", lines[0]).strip()) and len(runnable) * 2 >= len(lines)


def is_code(fence: Fence) -> bool:
    return _language(fence) in _CODE


def _language(fence: Fence) -> str:
    return folded(fence.info.split()[0].strip("{}.:,")) if fence.info.split() else ""


def is_command(text: str) -> bool:
    """Whether one line, or a code span in a sentence, is something to run."""
    return bool(_PROGRAM.match(text) or _PATH.match(text) or _QUERY_SURE.match(text))


@dataclass(slots=True)
class _Entry:
    line: int
    comments: list[tuple[str, int]]
    command: list[str]


def items(fence: Fence) -> list[Item]:
    """The fence as steps: one a comment with the commands below it."""
    if is_code(fence) or fence.text.lstrip().startswith("#!"):
        whole = fence.text.strip("\n")
        return [Item(_span(whole), "command", whole, fence.line + 1)] if whole.strip() else []
    result: list[Item] = []
    for entry in _entries(fence):
        result.extend(_item(entry))
    return result


def _entries(fence: Fence) -> list[_Entry]:
    reader = _Lines(prompted=any(_DOLLAR.match(line) for line in fence.text.split("\n")))
    for line, text in enumerate(fence.text.rstrip("\n").split("\n"), fence.line + 1):
        reader.feed(text, line)
    reader.flush()
    return reader.entries


class _Lines:
    """Gathers comments and the commands that follow them. ``prompted``: commands begin with "$", the rest is output."""

    def __init__(self, prompted: bool) -> None:
        self.prompted = prompted
        self.entries: list[_Entry] = []
        self.comments: list[tuple[str, int]] = []
        self.current: _Entry | None = None
        self.waiting = _Continuation()

    def feed(self, text: str, line: int) -> None:
        comment = _COMMENT.match(text)
        if self.waiting.open and self.current is not None:
            self._command(text)
        elif not text.strip():
            self.flush()
        elif comment:
            self._comment(comment[1].strip(), line)
        elif self.prompted and not _PROMPT.match(text):
            self.current = None
        else:
            if self.current is None or self.comments:
                at = self.comments[0][1] if self.comments else line
                self.current = _Entry(at, self.comments, [])
                self.entries.append(self.current)
                self.comments = []
            self._command(_PROMPT.sub("", text) if self.prompted else text)

    def flush(self) -> None:
        """Comments that no command follows stand for themselves."""
        if self.comments:
            self.entries.append(_Entry(self.comments[0][1], self.comments, []))
            self.comments = []
        self.current = None

    def _command(self, text: str) -> None:
        if self.current is not None:
            self.current.command.append(text)
            self.waiting.feed(text)

    def _comment(self, text: str, line: int) -> None:
        both_numbered = self.comments and _STEP_NUMBER.match(self.comments[0][0]) and _STEP_NUMBER.match(text)
        if both_numbered:
            self.flush()
        self.current = None
        if not _DECORATION.match(text):
            self.comments.append((text, line))


class _Continuation:
    """Whether a shell command goes on in the next line: backslash, open quote, heredoc, loop."""

    def __init__(self) -> None:
        self.quote = ""
        self.heredoc = ""
        self.depth = 0
        self.backslash = False

    @property
    def open(self) -> bool:
        return bool(self.quote or self.heredoc or self.backslash or self.depth > 0)

    def feed(self, line: str) -> None:
        if self.heredoc:
            if line.strip() == self.heredoc:
                self.heredoc = ""
            return
        self._quotes(line)
        self.backslash = not self.quote and line.rstrip().endswith("\\")
        if self.quote:
            return
        found = _HEREDOC.search(line)
        if found:
            self.heredoc = found[2]
        if _OPENS.search(line):
            self.depth += 1
        elif _CLOSES.match(line) and self.depth:
            self.depth -= 1

    def _quotes(self, line: str) -> None:
        escaped = False
        for index, character in enumerate(line):
            if escaped:
                escaped = False
            elif character == "\\" and self.quote != "'":
                escaped = True
            elif self.quote:
                if character == self.quote:
                    self.quote = ""
            elif character == "#" and (index == 0 or line[index - 1].isspace()):
                return
            elif character in "\"'" and not (
                character == "'" and index and line[index - 1].isalnum() and line.count("'") % 2
            ):
                self.quote = character


def _item(entry: _Entry) -> list[Item]:
    command = "\n".join(entry.command).strip("\n")
    comments = entry.comments
    if command:
        text = _sentence([text for text, _ in comments]) or _span(command)
        return [Item(text, "command", command.strip(), entry.line)]
    return _from_comments(comments)


def _from_comments(comments: list[tuple[str, int]]) -> list[Item]:
    """Comments with nothing below: a query or command written as a comment is one, the rest are words."""
    runnable = [
        index
        for index, (text, _) in enumerate(comments)
        if _QUERY_SURE.match(text) or _announced(comments, index)
    ]
    if not runnable:
        text = _sentence([text for text, _ in comments])
        kind: ItemKind = (
            "task" if len(comments) == 1 and _STEP_NUMBER.match(comments[0][0]) else "instruction"
        )
        return [Item(text, kind, "", comments[0][1])] if text else []
    at = runnable[0]
    words, command = comments[:at], "\n".join(text for text, _ in comments[at:])
    return [
        Item(_sentence([text for text, _ in words]) or _span(command), "command", command, comments[at][1])
    ]


def _announced(comments: list[tuple[str, int]], index: int) -> bool:
    text = comments[index][0]
    before = comments[index - 1][0] if index else ""
    return before.endswith(":") and (is_command(text) or bool(_QUERY.match(text)))


def _sentence(parts: list[str]) -> str:
    cleaned = [_STEP_NUMBER.sub("", part).strip() for part in parts if part.strip()]
    text = ""
    for part in cleaned:
        joint = "" if not text else " " if text[-1] in ".:;,!?、。" else ". "
        text += joint + part
    return text


def _span(command: str) -> str:
    first = command.strip().split("\n")[0][:200].rstrip("\\ ")
    return f"`{first}`" if "`" not in first else first
