"""What is done in a process of the product's own on one database: ``python -m benchmarks.inside``.

Reads a line with a verb and its arguments, answers with one line of JSON; ends with its input.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

Answer = dict[str, Any]


def sessions(number: str) -> Answer:
    """Cookies of Ada, and of ``number`` people who look on."""
    from accounts.models import Role, User

    ada = User.objects.get(email="ada.lovelace@example.com")
    emails = [f"viewer.{n}@example.com" for n in range(int(number))]
    there = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    User.objects.bulk_create(
        User(email=email, password="!", name=email.split("@")[0], role=Role.VIEWER)
        for email in emails
        if email not in there
    )
    lookers = User.objects.filter(email__in=emails)
    return {"ada": _session_of(ada), "viewers": [_session_of(user) for user in lookers]}


def _session_of(user: Any) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.known import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.known.Backend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def places() -> Answer:
    """The room with the long timeline, its last event, and every step that can be ticked."""
    from incidents.models import Incident, Step

    room = Incident.objects.open().order_by("-event_seq")[0]
    steps = Step.objects.filter(incident__in=Incident.objects.open(), kind="task")
    return {
        "room": room.pk,
        "seq": room.event_seq,
        "steps": list(steps.values_list("incident_id", "pk")),
    }


def queries(session: str, path: str) -> Answer:
    """How many queries a page asks, once what a process asks first is out of the way."""
    client = _client(session)
    client.get(path)
    return _counted(lambda: client.get(path))


def changes(session: str, *requests: str) -> Answer:
    """How many queries those of ``requests`` ask that ask most, the first left out: some change what is so already.
    Each is the text of one, as ``benchmarks.load`` sends it."""
    client = _client(session)

    def post(request: str) -> None:
        head, body = request.split("\r\n\r\n")
        answer = client.post(head.split()[1], body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 302, answer

    first, *rest = requests
    post(first)
    return max((_counted(partial(post, request)) for request in rest), key=lambda found: found["queries"])


def _client(session: str) -> Any:
    from django.conf import settings
    from django.test import Client

    client = Client(headers={"Host": "localhost"})
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


def _counted(ask: Callable[[], object]) -> Answer:
    """Without BEGIN and COMMIT, which are none."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ask()
    sql = [query["sql"] for query in captured if query["sql"] not in ("BEGIN", "COMMIT")]
    return {"queries": len(sql), "sql": [text[:200] for text in sql]}


def note(number: str, text: str) -> Answer:
    """Write to a timeline; when it was committed, by the clock that all processes share."""
    from accounts.models import User
    from incidents.operations import add_note

    add_note(int(number), text, by=User.objects.get(email="ada.lovelace@example.com"))
    return {"at": time.monotonic()}


VERBS: dict[str, Callable[..., Answer]] = {
    verb.__name__: verb for verb in (sessions, places, queries, changes, note)
}


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        print(json.dumps(VERBS[verb](*arguments)), flush=True)


if __name__ == "__main__":
    main()
