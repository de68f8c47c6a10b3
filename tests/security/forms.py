"""What a well-meant form sends, by route. Routes that are not here send nothing."""

from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from postmortems.models import Postmortem
from postmortems.readiness import findings_of
from tests.postmortems.conftest import a_picture
from tests.security.world import PASSWORD, World

NEW_PASSWORD = "a quite different battery"


def form(world: World, route: str, thing: str = "public") -> dict[str, Any]:
    """The fields of ``route`` for one of the incidents, each as a person would fill it in."""
    if route == "postmortems:publish":
        return _publication(world, thing)
    kinds = (
        *(_people(world), _room(world, thing), _rest(world), _notifications(world), _editor(world)),
        _items(world, thing),
        _reviews(world, thing),
    )
    return next((fields[route] for fields in kinds if route in fields), {})


def _room(world: World, thing: str) -> dict[str, dict[str, Any]]:
    kind = "private" if thing == "private" else "public"
    colleague = world.people["second"].pk
    key = str(uuid4())
    return {
        "incidents:add_note": {"key": key, "text": "Rolled back", "kind": "note", "occurred_at": ""},
        "incidents:post_update": {"key": key, "template": "-", "free": "yes", "text": "All well", "next_due_at": ""},
        "incidents:change_status": {"status": "identified", "text": "Found it"},
        "incidents:reopen": {"reason": "It is back"},
        "incidents:cancel": {"reason": "No incident"},
        "incidents:merge": {"into_id": world.others[kind].pk, "reason": "The same"},
        "incidents:change_severity": {"severity": "1", "reason": "Worse"},
        "incidents:change_cadence": {"minutes": "5", "reason": "Everyone asks"},
        "notifications:snooze": {"minutes": "5", "reason": "We are busy"},
        "notifications:page": {"text": "Please join us", "role": "Primary On-Call", "key": key},
        "incidents:change_details": {
            "title_": "Chat down", "impact": "Nobody can chat", "symptom": "Errors", "started_at": "2026-01-02T03:04",
            "team": "", "services": world.places[kind]["service_id"],
        },
        "incidents:change_privacy": {"private": "no" if kind == "private" else "yes"},
        "incidents:assign_role": {"to": colleague},
        "incidents:grant_access": {"to": world.people["viewer"].pk},
        "incidents:add_link": {"key": key, "url": "https://example.com/", "text": "Graph"},
        "incidents:correct_event": {"text": "Better words", "occurred_at": ""},
        "incidents:set_step_done": {"done": "yes"},
        "incidents:finish_step": {"text": "It went well"},
        "incidents:skip_step": {"reason": "Not needed"},
        "incidents:assign_step": {"to": colleague},
        "incidents:answer_question": {"answer": "Everyone"},
        "incidents:log_command": {"seen": "0", "text": ""},
        "incidents:add_step": {"key": key, "text": "Call the bank"},
        "incidents:choose_branch": {"reason": "More likely"},
        "incidents:abandon_branch": {"reason": "Ruled out"},
    }  # fmt: skip


def _rest(world: World) -> dict[str, dict[str, Any]]:
    declaration = {
        "key": str(uuid4()), "cards": "", "title": "Mail down", "severity": "2", "impact": "No mail",
        "symptom": "Timeouts", "cause": "", "started_at": "", "team": "",
    }  # fmt: skip
    service = {"name": "Mail", "description": "Sends mail", "team": ""}
    source = "# Another\n\n- [ ] Look\n"
    return {
        "incidents:declare": declaration,
        "incidents:preview_declaration": declaration,
        "incidents:add_service": service,
        "incidents:change_service": service,
        "runbooks:new": {"source": source, "filename": "", "note": "", "exact": "", "action": "publish"},
        "runbooks:preview": {"source": source},
        "runbooks:edit": {
            "source": source, "filename": "", "note": "Why", "exact": "", "base": "2", "action": "publish",
        },
        "runbooks:assign_team": {"team": ""},
    }  # fmt: skip


def _editor(world: World) -> dict[str, dict[str, Any]]:
    key, text = str(uuid4()), "## Summary\n\nSomething else altogether.\n"
    return {
        "postmortems:save": {"text": text, "base": "1", "key": key},
        "postmortems:preview": {"text": text},
        "postmortems:insert": {
            "events": "1",
            "fields_": "severity",
            "linked": "on",
            "where": "0",
            "base": "1",
        },
        "postmortems:add_picture": {"picture": SimpleUploadedFile("graph.png", a_picture())},
        "postmortems:settle_conflict": {"text": text, "base": "1", "key": key},
    }


def _notifications(world: World) -> dict[str, dict[str, Any]]:
    destination = {
        "channel": "email",
        "name": "Second mailbox",
        "address": "second@example.com",
        "uses": ["page"],
    }
    calendar = {"name": "Second rota", "url": "https://calendar.example.com/rota.ics"}
    return {
        "notifications:mark_all_read": {"up_to": str(world.places["public"]["delivery_id"])},
        "notifications:preferences": {
            "email_nudges": "on", "email_reminders": "on", "digest_at": "07:30", "quiet_from": "22:00",
            "quiet_until": "06:00",
        },
        "notifications:add_destination": destination,
        "notifications:add_team_destination": destination,
        "notifications:choose_uses": {"uses": ["nudge", "reminder"]},
        "notifications:bind": {"who": f"user:{world.people['viewer'].pk}", "address": ""},
        "notifications:add_calendar": calendar,
        "notifications:change_calendar": calendar,
    }  # fmt: skip


def _reviews(world: World, thing: str) -> dict[str, dict[str, Any]]:
    private = thing == "private"
    incident = world.incidents["private" if private else "public"]
    return {
        "postmortems:request_review": {"people": world.people["added" if private else "administrator"].pk},
        "postmortems:answer_review": {"verdict": "changes", "said": "Say why", "number": "1"},
        "postmortems:comment": {"key": str(uuid4()), "quote": incident.title, "start": "0", "text": "Why?"},
        "postmortems:reply": {"key": str(uuid4()), "text": "Because"},
        "postmortems:take_back": {"reason": "A name was in it"},
        "postmortems:discard": {"reason": "No incident"},
        "postmortems:add_to_timeline": {
            "key": str(uuid4()), "text": "The alert had fired", "kind": "note_added", "occurred_at": "2026-01-02 03:04",
        },
        "postmortems:correct_timeline": {"text": "Better words", "occurred_at": ""},
    }  # fmt: skip


def _publication(world: World, thing: str) -> dict[str, Any]:
    """With every finding seen: what they are is asked for this form alone, for it takes as long as a request."""
    incident = world.incidents["private" if thing == "private" else "public"]
    seen = [finding.key for finding in findings_of(Postmortem.objects.get(incident=incident))]
    return {"number": "1", "seen": " ".join(seen), "reason": "The customer waits"}


def _people(world: World) -> dict[str, dict[str, Any]]:
    newcomer = {"name": "Lin Clark", "email": "lin@example.com", "password": NEW_PASSWORD}
    return {
        "account_login": {"login": "eve@example.com", "password": PASSWORD},
        "account_change_password": {"oldpassword": PASSWORD, "password1": NEW_PASSWORD},
        "account_reset_password": {"email": "eve@example.com"},
        "account_reset_password_from_key": {"password1": NEW_PASSWORD},
        "accounts:set_up": newcomer,
        "accounts:join": newcomer,
        "accounts:settings": {"name": "New Name", "timezone": "Europe/Lisbon"},
        "accounts:invite": {"role": "viewer", "email": "", "team": ""},
        "accounts:change_role": {"role": "responder"},
        "accounts:create_team": {"name": "Mail team"},
        "accounts:rename_team": {"name": "Web team"},
        "accounts:change_working_calendar": {
            "timezone": "Europe/Lisbon", "workdays": ["0", "1", "6"], "opens_at": "08:30", "closes_at": "16:30",
            "holidays": "PT", "days_off": "2026-12-24\n2026-12-31",
        },
        "accounts:set_lead": {"user": world.people["responder"].pk},
        "accounts:add_member": {"user": world.people["viewer"].pk},
    }  # fmt: skip


def _items(world: World, thing: str) -> dict[str, dict[str, Any]]:
    kind = "private" if thing == "private" else "public"
    item = {
        "title": "Probe sign-in", "owner": world.people["second"].pk, "due_on": "2026-12-04", "priority": "1",
        "kind": "detect", "team": "", "details": "Every minute",
    }  # fmt: skip
    new = item | {"key": str(uuid4()), "link": "https://example.com/1"}
    return {
        "postmortems:add_item": new | {"incident": ""},
        "postmortems:add_incident_item": new,
        "postmortems:add_from_step": new,
        "postmortems:add_from_line": {"line": "- [ ] Probe sign-in 2026-12-04 !high", "key": str(uuid4())},
        "postmortems:change_item": item,
        "postmortems:change_item_status": {"status": "done", "evidence": "The probe is live", "reason": ""},
        "postmortems:reopen_item": {"reason": "It broke again"},
        "postmortems:decide_drop": {"decision": "keep", "text": "We need it"},
        "postmortems:add_item_link": {"url": "https://example.com/2", "text": "Issue"},
        "postmortems:bulk_change_items": {
            "chosen": [world.places[kind]["item_id"]], "owner": "", "due_on": "2026-12-05", "priority": "", "status": "",
        },
        "postmortems:import_items": {"key": str(uuid4()), "text": "title,due\nProbe,2026-12-04\n", "agreed": ""},
    }  # fmt: skip
