"""A portal in which every place that holds people's words holds the given ones, past every form."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Role, Team, User
from incidents import operations
from incidents.models import Access, Checklist, Incident, Presence, Service, Step, TimelineEvent
from incidents.operations import Declaration
from incidents.sentences import SENTENCES
from incidents.states import Kind
from postmortems.models import (
    ActionItem,
    ActionItemLink,
    Comment,
    HiddenEvent,
    ItemEvent,
    Picture,
    Postmortem,
    PostmortemRevision,
    Reviewer,
)
from runbooks.models import Revision
from runbooks.operations import create_runbook, publish


def hang(words: list[str]) -> tuple[User, Incident]:
    """The portal with ``words`` everywhere; an administrator to look at it, and the incident to look at."""
    flat = [" ".join(text.split()) for text in words]
    people = User.objects.bulk_create(
        User(email=f"person{n}@example.com", name=text[:80], role=Role.RESPONDER)
        for n, text in enumerate(flat)
    )
    looks = User.objects.create_user("looks@example.com", name=f"Ada {flat[2]}"[:80], role=Role.ADMINISTRATOR)
    teams = Team.objects.bulk_create(
        Team(name=f"{n} {text}"[:60], slug="platform" if not n else f"team-{n}")
        for n, text in enumerate(flat)
    )
    services = Service.objects.bulk_create(
        Service(name=f"{n} {text}"[:60], slug=f"service-{n}", description=text[:200], team=teams[n])
        for n, text in enumerate(flat)
    )
    teams[0].members.set(people)
    revision = _runbooks(words, flat, looks)
    incident = operations.declare(
        Declaration("Gallery", 1, words[0], words[1], team=teams[1], services=list(services)),
        revision=revision,
        by=looks,
    )
    _incidents(words, revision, people, services)
    _steps(incident, words, people)
    _events(incident, words, people)
    Access.objects.bulk_create(
        Access(incident=incident, user=person, granted_by=looks) for person in (*people, looks)
    )
    Presence.objects.bulk_create(Presence(incident=incident, user=person) for person in people)
    _action_items(incident, words, people)
    _reviews(incident, words, people)
    roles = {"commander": people[0], "communications_lead": people[2], "scribe": people[3]}
    Incident.objects.filter(pk=incident.pk).update(
        title=words[2][:200], severity_name=flat[3][:80], channel_name=flat[4][:80], is_private=True, **roles
    )
    incident.refresh_from_db()
    return looks, incident


def _runbooks(words: list[str], flat: list[str], by: User) -> Revision:
    cells = [text.replace("|", "\\|") for text in flat]
    source = [f"# Incident {cells[0]}", "", *flat[:3], ""]
    source += ["## Severity levels", "", "| Severity | Meaning | Response | Examples |", "|---|---|---|---|"]
    source += [f"| SEV{n} {c} | {c} | 15 minutes {c} | {c} |" for n, c in enumerate(cells[:4], 1)]
    source += ["", "## Triage checklist", "", *(f"- [ ] {text}" for text in flat), "", "**Ask:**", ""]
    source += [*(f"- {text}?" for text in flat), "", "## Containment", ""]
    for text in flat[:12]:
        source += [f"### If caused by {text}", "", f"1. {text}", f"   `{text}`", ""]
    source += ["## Status update template", ""]
    for text in words:
        source += [
            f"### {' '.join(text.split())}",
            "",
            "```",
            f"[INVESTIGATING] [service name] {text}",
            f"[{text}] [a/b]",
            "```",
            "",
        ]
    source += ["## Escalation contacts", "", "| Role | Contact | When | Notes |", "|---|---|---|---|"]
    source += [f"| {c} | {c} | SEV1 {c} | {c} |" for c in cells]
    source += [
        "",
        "## Related runbooks",
        "",
        *(f"- [{text}]({text})" for text in flat),
        *(f"- [R]({text}.md)" for text in flat),
    ]
    source += ["", *words]
    whole = "\n".join(source).replace("\x01", " ").encode()
    first = create_runbook(whole, by=by, filename="incident-response.md", note=words[2][:200])
    publish(first.runbook, whole + b"\nend\n", by=by, note=words[3][:200])
    for n, title in enumerate(flat[:20]):
        create_runbook(
            f"# {title} {n}\n\n- [ ] {title}\n".encode(),
            by=by,
            filename=f"{n}{title[:80].replace('/', '')}.md",
        )
    return first


def _incidents(words: list[str], revision: Revision, people: list[User], services: list[Service]) -> None:
    now = timezone.now()
    ended: dict[str, Any] = {"status": "resolved", "resolved_at": now, "ended_at": now}
    made = Incident.objects.bulk_create(
        Incident(
            title=f"Chat {text}"[:200], impact=text, symptom=text, severity=1 + n % 4, severity_name=text[:80],
            revision=revision, declared_by=people[n], commander=people[n], last_word=text[:300],
            last_word_by=text[:80], last_word_at=now, channel_name=text[:80], next_update_due_at=now + timedelta(hours=1),
            **(ended if n % 3 == 0 else {}),
        )
        for n, text in enumerate(words)
    )  # fmt: skip
    through = Incident.services.through
    through.objects.bulk_create(
        through(incident_id=i.pk, service_id=s.pk) for i, s in zip(made, services, strict=True)
    )


def _steps(incident: Incident, words: list[str], people: list[User]) -> None:
    now = timezone.now()
    lists = Checklist.objects.bulk_create(
        Checklist(
            incident=incident, title=text[:300], phase=text[:300], position=500 + n, is_branch=n % 2 == 0,
            **({"abandoned_at": now, "abandoned_by": people[n], "abandon_reason": text[:500]} if n % 2 == 0 else {}),
        )
        for n, text in enumerate(words)
    )  # fmt: skip
    settled: list[Callable[[int], dict[str, Any]]] = [
        lambda n: {"done_at": now, "done_by": people[n]},
        lambda n: {"skipped_at": now, "skipped_by": people[n], "skip_reason": words[n]},
        lambda n: {"assigned_to": people[n]},
    ]
    Step.objects.bulk_create(
        Step(
            incident=incident, checklist=lists[n], position=n, kind=kind, text=text, command=text, answer=text,
            **settled[(n + number) % 3](n),
        )
        for n, text in enumerate(words)
        for number, kind in enumerate(("task", "question", "instruction", "command"))
    )  # fmt: skip


def _events(incident: Incident, words: list[str], people: list[User]) -> None:
    now, seq = timezone.now(), incident.event_seq
    kinds = [*(kind for kind in SENTENCES if kind != Kind.EVENT_CORRECTED), Kind.NOTE_ADDED]
    made = []
    for n, text in enumerate(words):
        chosen = {kinds[(n * 5 + m) % len(kinds)] for m in range(5)}
        for kind in (
            *sorted(chosen),
            Kind.NOTE_ADDED,
            Kind.LINK_ADDED,
            Kind.STATUS_UPDATE_POSTED,
            Kind.COMMAND_RUN,
        ):
            seq += 1
            made.append(
                TimelineEvent(
                    incident=incident, seq=seq, kind=kind, occurred_at=now, recorded_at=now, recorded_by=people[n],
                    text=text, data=_data(kind, text, incident), submission_key=uuid4(), salt="", commitment="", hash="",
                )
            )  # fmt: skip
    TimelineEvent.objects.bulk_create(made)
    Incident.objects.filter(pk=incident.pk).update(event_seq=seq)


def _action_items(incident: Incident, words: list[str], people: list[User]) -> None:
    """Open, asked to be dropped, done and dropped ones, in turn, each with a link and a history."""
    now, made = timezone.now(), []
    for n, text in enumerate(words):
        asked = {"drop_proposed_by": people[n], "drop_proposed_at": now, "drop_reason": text}
        over = {"closed_at": now, "closed_by": people[n - 1]}
        kinds: tuple[dict[str, Any], ...] = (
            {}, asked, {**over, "status": "done", "evidence": text}, {**over, **asked, "status": "dropped"},
        )  # fmt: skip
        about = {"incident": incident} if n % 3 else {}
        made.append(
            ActionItem(
                title=text[:300], details=text, owner=people[n], added_by=people[n], **about, **kinds[n % 4]
            )
        )
    ActionItem.objects.bulk_create(made)
    ActionItemLink.objects.bulk_create(
        ActionItemLink(item=item, url=text[:2000], title=text[:200])
        for item, text in zip(made, words, strict=True)
    )
    ItemEvent.objects.bulk_create(
        ItemEvent(item=item, kind=kind, by=item.owner, text=text, data={name: [text, text] for name in ("title", "owner", "due_on")})
        for item, text in zip(made, words, strict=True)
        for kind in ("changed", "dropped")
    )  # fmt: skip


def _reviews(incident: Incident, words: list[str], people: list[User]) -> None:
    """A post-mortem in review: answers, comments with replies, events that somebody chose."""
    now, text = timezone.now(), "\n\n".join(words)
    document = Postmortem.objects.create(
        incident=incident, title=words[2][:250], text=f"## Timeline\n\n{text}", status="in_review", number=2, last_number=2
    )  # fmt: skip
    kinds = ["started", "saved", "conflict", "conflict", *(["saved", "beside"] * len(words))]
    PostmortemRevision.objects.bulk_create(
        PostmortemRevision(
            postmortem=document, number=n + 1, kind=kind, text=text if n == 1 else f"## Timeline\n\n{text}\n\n{n}",
            note=" ".join(words[n].split())[:200], saved_by=people[n], base_number=1,
        )
        for n, kind in enumerate(kinds[: len(words)])
    )  # fmt: skip
    Picture.objects.create(
        postmortem=document, name=words[2][:120], content=b"", media_type="image/png", width=1, height=1, sha256="0", added_by=people[0]
    )  # fmt: skip
    Reviewer.objects.bulk_create(
        Reviewer(
            postmortem=document, user=people[n], said=said, number=1 if n % 3 else None,
            verdict=("", "approved", "changes")[n % 3], answered_at=now if n % 3 else None,
        )
        for n, said in enumerate(words)
    )  # fmt: skip
    comments = Comment.objects.bulk_create(
        Comment(
            postmortem=document, number=1, quote=said[:2000], text=said, made_by=people[n],
            **({"settled_at": now, "settled_by": people[n]} if n % 5 == 0 else {}),
        )
        for n, said in enumerate(words)
    )  # fmt: skip
    Comment.objects.bulk_create(
        Comment(postmortem=document, number=1, text=said, made_by=people[n], answers=comments[n - 1])
        for n, said in enumerate(words)
    )
    chosen = incident.events.order_by("seq")[::7]
    HiddenEvent.objects.bulk_create(
        HiddenEvent(postmortem=document, event=event, hidden_by=people[0]) for event in chosen
    )


def _data(kind: str, text: str, incident: Incident) -> dict[str, object]:
    if kind == Kind.DETAILS_CHANGED:
        return {
            "title": [text, text],
            "impact": [text, text],
            "services": [[text], [text]],
            "team": [text, ""],
        }
    if kind in (Kind.STATUS_CHANGED, Kind.REOPENED, Kind.CANCELLED):
        return {"from": text, "to": text}
    names = (
        "url",
        "command",
        "step_text",
        "to_name",
        "from_name",
        "from_name",
        "title",
        "severity_name",
        "template",
        "was",
        "role",
    )
    return dict.fromkeys(names, text) | {
        "checklists": [text, text], "severity": 1, "into": incident.pk, "incident": incident.pk, "number": 2,
        "from": 1, "to": 2, "step": 0, "private": True,
    }  # fmt: skip


def addresses(incident: Incident) -> list[str]:
    """Every page on which those words are."""
    room = f"/incidents/{incident.pk}/"
    lists = incident.checklists.order_by("pk")
    steps = incident.steps.order_by("pk")
    branch = lists.filter(is_branch=True)[0].pk
    changes = [
        "merge",
        "severity",
        "details",
        "private",
        "roles/scribe",
        "roles/commander",
        "access/grant",
        "status",
        "cancel",
    ]
    pages = [f"{room}{change}/" for change in changes]
    for step in steps.filter(kind="task")[10:90:20]:
        pages += [f"{room}steps/{step.pk}/{change}/" for change in ("skip", "finish", "assign")]
    pages += [
        f"{room}causes/{branch}/choose/",
        f"{room}causes/{branch}/abandon/",
        f"{room}checklists/{lists[0].pk}/steps/",
    ]
    notes = incident.events.filter(kind=Kind.NOTE_ADDED).order_by("seq").values_list("seq", flat=True)
    pages += [f"{room}events/{seq}/correct/" for seq in notes[2:80:20]]
    pages += [room, f"{room}?before=99"]
    pages += [f"{room}?show={show}" for show in ("notes", "updates", "decisions")] + [f"{room}?template=-"]
    book = "/runbooks/incident-response/"
    pages += [
        book,
        f"{book}edit/",
        f"{book}revisions/",
        f"{book}revisions/1/",
        f"{book}revisions/2/changes/",
        "/runbooks/",
    ]
    pages += [
        "/",
        "/?service=service-3",
        "/?team=team-3",
        "/incidents/",
        "/incidents/?page=2",
        "/incidents/?q=Chat",
        "/declare/",
    ]
    pages += [
        "/actions/",
        "/actions/?page=2",
        "/actions/?show=closed",
        "/actions/?show=decide",
        "/actions/?q=Chat",
    ]
    pages += ["/actions/add/", "/actions/import/", f"{room}postmortem/items/add/"]
    for item in ActionItem.objects.order_by("pk")[:60:9]:
        pages += [f"/actions/{item.pk}/", f"/actions/{item.pk}/change/", f"/actions/{item.pk}/status/"]
    comment = Comment.objects.filter(answers=None, settled_at=None).order_by("pk")[3].pk
    document = f"{room}postmortem/"
    pages += [f"{document}{page}/" for page in ("review", "review/answer", "publish", "discard", "take-back")]
    pages += [f"{document}{page}" for page in ("", "comments/", "comments/?page=2", "comments/?settled=1")]
    pages += [f"{document}{page}/" for page in ("versions", "versions/2", "changes", "conflicts/3", "insert")]
    pages += [f"{document}versions/?page=2", f"{document}changes/?from=3&to=2", f"{document}insert/?page=2"]
    pages += [f"{document}timeline/?show={show}" for show in ("", "out", "all", "all&page=3")]
    pages += [f"{document}comments/{comment}/reply/", f"{document}timeline/entries/{notes[2]}/correct/"]
    person = User.objects.get(email="person2@example.com").pk
    pages += [
        "/settings/",
        "/settings/members/",
        "/settings/members/?page=2",
        f"/settings/members/{person}/",
        "/settings/teams/",
    ]
    return [
        *pages,
        "/settings/teams/?page=2",
        "/settings/teams/platform/",
        "/settings/services/",
        "/nowhere/",
    ]
