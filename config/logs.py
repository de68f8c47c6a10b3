"""Log lines: one for one event, whatever text got into them."""

import json
import logging
import traceback
from datetime import UTC, datetime

# Control characters would let what a visitor sends forge a line or drive the terminal of who reads it.
ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
MULTILINE = {code: escape for code, escape in ESCAPES.items() if code not in (9, 10)}


class BrokerAway(logging.Filter):
    """One line for a tick that could not be sent, instead of the clock's whole stack every five seconds: while the
    broker is away the watchdog does the work, and the error says all there is to know."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and str(record.msg).startswith("Message Error") and isinstance(record.args, tuple):
            record.msg, record.args, record.exc_info = "A tick was not sent: %s", record.args[:1], None
        return True


class PlainFormatter(logging.Formatter):
    """`12:00:00 WARNING accounts.views: message`, with a traceback below it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        line = f"{at} {record.levelname} {record.name}: {record.getMessage().translate(ESCAPES)}"
        return f"{line}\n{_traceback(record).translate(MULTILINE)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(entry | ({"traceback": _traceback(record)} if record.exc_info else {}))


def _traceback(record: logging.LogRecord) -> str:
    kind, error, trace = record.exc_info if isinstance(record.exc_info, tuple) else (None, None, None)
    return "".join(traceback.format_exception(kind, error, trace)).rstrip()
