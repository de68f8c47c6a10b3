"""What a stage says, and to whom: one notice, with a delivery for each person and channel."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from incidents import operations as incidents
from incidents.models import Incident
from notifications import pages
from notifications.deliveries import deliver
from notifications.ladders import Rung
from notifications.models import Clock, ClockKind, Notice, Page, Stage, Urgency
from notifications.recipients import Audience, audience
from notifications.wording import Words, words_of

LEAST_LIFE = timedelta(minutes=30)


def nudge(clock: Clock, incident: Incident, fired: list[tuple[Rung, Stage]]) -> Notice:
    """Tell everyone whom the stages in ``fired`` concern, once each, in the words of the last one."""
    rung, stage = fired[-1]
    heard = _heard(clock, incident, fired)
    # After downtime every stage that passed has its audience, but there is one notice, of the last stage.
    people = list(dict.fromkeys(person for group in heard for person in group.people))
    words = words_of(clock, incident, rung, heard[-1].contact)
    notice = _notice(clock, incident, stage, words)
    contact = heard[-1].contact
    page = pages.make(notice, contact, by=None) if contact and notice.urgency == Urgency.PAGE else None
    for person in people:
        deliver(notice, person)
    _tell_timeline(clock, rung, heard[-1], [person.name for person in people], page)
    return notice


def _heard(clock: Clock, incident: Incident, fired: list[tuple[Rung, Stage]]) -> list[Audience]:
    """The audience of each stage; each contact is the one after the last that was asked for this promise."""
    before = Stage.objects.filter(clock=clock, due_at=clock.due_at).exclude(pk__in=[s.pk for _, s in fired])
    asked = before.filter(asks_contact=True).count()
    heard = []
    for rung, stage in fired:
        heard.append(audience(rung, incident, asked))
        asked += stage.asks_contact
    return heard


def _notice(clock: Clock, incident: Incident, stage: Stage, words: Words) -> Notice:
    life = max(clock.interval, LEAST_LIFE)
    anchor = "#update" if clock.kind == ClockKind.UPDATE else ""
    return Notice.objects.create(
        urgency=Urgency.PAGE if clock.kind == ClockKind.ACKNOWLEDGE else Urgency.NUDGE,
        incident=incident,
        clock=clock,
        stage=stage,
        due_at=clock.due_at,
        title=words.title,
        text=words.text,
        path=reverse("incidents:room", args=[incident.pk]) + anchor,
        action=words.action,
        expires_at=timezone.now() + life,
    )


def _tell_timeline(clock: Clock, rung: Rung, told: Audience, names: list[str], page: Page | None) -> None:
    """What is overdue is put on record, and every page; a warning beforehand is between the portal and the writer."""
    incident = clock.incident
    if page:
        data = pages.said(page, names, clock=clock.kind, stage=rung.name, call=told.call)
        incidents.note_paged(incident.pk, by=None, text="", data=data)
    elif rung.name not in ("warn", "due"):
        incidents.note_escalated(
            incident,
            clock=clock.kind,
            stage=rung.name,
            due_at=clock.due_at,
            told=names,
            contact=told.contact.role if told.contact else "",
            call=told.call,
        )
