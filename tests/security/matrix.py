"""Who may open what: a row for every route. A route without a row fails a test; so does a row without a route.

``get`` and ``post`` are the answers for those who are let in, where the form is well meant; a method without an
answer is 405 for them. Others are sent to sign in, or are told that their role does not allow it. On a route about
an incident, a private one answers as a missing one does, 404, to everyone who was not added to it.
"""

from dataclasses import dataclass, field

PUBLIC, MEMBER, RESPONDER, ADMINISTRATOR = "public", "member", "responder", "administrator"
SIGN_IN, FORBIDDEN, UNKNOWN, NO_METHOD = 302, 403, 404, 405

LET_IN = {
    PUBLIC: ("anonymous", "viewer", "responder", "added", "administrator", "deactivated"),
    MEMBER: ("viewer", "responder", "added", "administrator"),
    RESPONDER: ("responder", "added", "administrator"),
    ADMINISTRATOR: ("administrator",),
}


@dataclass(frozen=True)
class Row:
    """``stranger`` overrides the answers for those who are not signed in, ``private`` those for a private incident.

    ``head`` is the answer to HEAD, where it is not that to GET. ``whose`` are those whose thing it is, where it is
    not everyone's: to others it is missing. Where it ``finds`` the thing before it asks for the role, those who may not
    know of it are told that it is missing, whatever their role.
    """

    who: str
    get: int = NO_METHOD
    post: int = NO_METHOD
    head: int = 0
    stranger: dict[str, int] = field(default_factory=dict)
    private: dict[str, int] = field(default_factory=dict)
    whose: tuple[str, ...] = LET_IN[PUBLIC]
    finds: bool = False

    def answer(self, method: str) -> int:
        """The answer to those who are let in."""
        return {"GET": self.get, "HEAD": self.head or self.get, "POST": self.post}.get(method, NO_METHOD)


def page(who: str) -> Row:
    """Something to read."""
    return Row(who, get=200)


def press(who: str, post: int = 302) -> Row:
    """A button on a page."""
    return Row(who, post=post)


def own(post: int = 302, whose: tuple[str, ...] = ("responder", "administrator")) -> Row:
    """A button for a thing of one's own, or of a team that one is in or administers."""
    return Row(MEMBER, post=post, whose=whose)


def change(post: int = 302, private: int | None = None) -> Row:
    """A change of the room with a form of its own to ask for."""
    return Row(RESPONDER, get=200, post=post, private={"POST": private} if private else {})


def control(post: int = 302) -> Row:
    """A change of the room made by a control of its page: asked for by GET, it leads there."""
    return Row(RESPONDER, get=302, post=post)


def of_item(get: int = NO_METHOD, post: int = 302) -> Row:
    """A change to an action item: for responders, and for whoever owns it, who may be no responder."""
    return Row(RESPONDER, get=get, post=post, finds=True)


def stream(who: str = MEMBER) -> Row:
    """What pages listen to; nobody asks for its headers alone."""
    return Row(who, get=200, head=NO_METHOD)


MATRIX: dict[str, Row] = {
    "healthz": page(PUBLIC),
    "readyz": page(PUBLIC),
    "metrics": Row(PUBLIC, get=404, post=NO_METHOD),  # nobody set a token
    # -- signing in and out ----------------------------------------------------------------------------
    "account_login": Row(PUBLIC, get=302, post=302, stranger={"GET": 200, "HEAD": 200, "POST": 302}),
    "account_logout": Row(PUBLIC, get=200, post=302, stranger={"GET": 302, "HEAD": 302}),
    "account_inactive": page(PUBLIC),
    "account_change_password": Row(MEMBER, get=200, post=302),
    "account_reset_password": page(PUBLIC),
    "account_reset_password_done": page(PUBLIC),
    "account_reset_password_from_key": Row(PUBLIC, get=302, post=302),
    "account_reset_password_from_key_done": page(PUBLIC),
    "accounts:set_up": Row(PUBLIC, get=404, post=404),  # there is an account
    "accounts:join": Row(PUBLIC, get=200, post=302),
    # -- people -------------------------------------------------------------------------------------------
    "accounts:settings": Row(MEMBER, get=200, post=302),
    "accounts:sign_out_everywhere": press(MEMBER),
    "accounts:members": page(ADMINISTRATOR),
    "accounts:invite": press(ADMINISTRATOR),
    "accounts:member": page(ADMINISTRATOR),
    "accounts:change_role": press(ADMINISTRATOR),
    "accounts:deactivate": press(ADMINISTRATOR),
    "accounts:reactivate": press(ADMINISTRATOR),
    "accounts:reset_link": press(ADMINISTRATOR),
    "accounts:revoke_invitation": press(ADMINISTRATOR),
    "accounts:teams": page(ADMINISTRATOR),
    "accounts:create_team": press(ADMINISTRATOR),
    "accounts:team": page(ADMINISTRATOR),
    "accounts:rename_team": press(ADMINISTRATOR),
    "accounts:change_working_calendar": press(ADMINISTRATOR),
    "accounts:set_lead": press(ADMINISTRATOR),
    "accounts:delete_team": press(ADMINISTRATOR),
    "accounts:add_member": press(ADMINISTRATOR),
    "accounts:remove_member": press(ADMINISTRATOR),
    # -- runbooks -----------------------------------------------------------------------------------------
    "runbooks:list": page(MEMBER),
    "runbooks:detail": page(MEMBER),
    "runbooks:export": page(MEMBER),
    "runbooks:revisions": page(MEMBER),
    "runbooks:revision": page(MEMBER),
    "runbooks:changes": page(MEMBER),
    "runbooks:export_revision": page(MEMBER),
    "runbooks:new": Row(RESPONDER, get=200, post=302),
    "runbooks:edit": Row(RESPONDER, get=200, post=302),
    "runbooks:preview": press(RESPONDER, 200),
    "runbooks:set_default": press(RESPONDER),
    "runbooks:assign_team": press(RESPONDER),
    "runbooks:archive": press(RESPONDER),
    "runbooks:unarchive": press(RESPONDER),
    # -- incidents ----------------------------------------------------------------------------------------
    "incidents:board": page(MEMBER),
    "incidents:figures": page(MEMBER),
    "incidents:history": page(MEMBER),
    "incidents:declare": Row(RESPONDER, get=200, post=302),
    "incidents:preview_declaration": press(RESPONDER, 200),
    "incidents:services": page(ADMINISTRATOR),
    "incidents:add_service": press(ADMINISTRATOR),
    "incidents:change_service": Row(ADMINISTRATOR, get=200, post=302),
    "incidents:archive_service": press(ADMINISTRATOR),
    "incidents:restore_service": press(ADMINISTRATOR),
    # -- one incident -------------------------------------------------------------------------------------
    "incidents:room": page(MEMBER),
    "incidents:event": Row(MEMBER, get=302),
    "incidents:add_note": control(),
    "incidents:post_update": Row(RESPONDER, get=200, post=302),
    "incidents:acknowledge": control(),
    "incidents:change_status": change(),
    "incidents:close": control(409),  # it is not resolved
    "incidents:reopen": change(409),  # it is open
    "incidents:cancel": change(),
    "incidents:merge": change(),
    "incidents:change_severity": change(),
    "incidents:change_cadence": change(),
    "incidents:change_details": change(),
    "incidents:change_privacy": change(),
    "incidents:assign_role": change(),
    "incidents:take_role": control(),
    "incidents:grant_access": change(409, private=302),  # everyone sees a public one already
    "incidents:revoke_access": Row(
        RESPONDER, get=404, post=404, private={"GET": 302, "HEAD": 302, "POST": 302}
    ),
    "incidents:adopt_revision": control(),
    "incidents:add_link": change(),
    "incidents:correct_event": change(),
    "incidents:set_step_done": control(),
    "incidents:finish_step": change(),
    "incidents:skip_step": change(),
    "incidents:assign_step": change(),
    "incidents:answer_question": control(),
    "incidents:log_command": control(),
    "incidents:add_step": change(),
    "incidents:choose_branch": change(),
    "incidents:abandon_branch": change(),
    # -- notifications ------------------------------------------------------------------------------------
    "notifications:inbox": page(MEMBER),
    "notifications:mark_all_read": press(MEMBER),
    "notifications:open_notice": own(whose=("administrator",)),
    "notifications:mark_read": own(whose=("administrator",)),
    "notifications:your_move": page(MEMBER),
    "notifications:badges": page(MEMBER),
    "notifications:preferences": Row(MEMBER, get=200, post=302),
    "notifications:team": Row(MEMBER, get=200, whose=("responder", "administrator")),
    "notifications:add_team_destination": own(),
    "notifications:send_mail_test": press(MEMBER),
    "notifications:add_destination": press(MEMBER),
    "notifications:choose_uses": own(),
    "notifications:send_test": own(),
    "notifications:renew_secret": own(),
    "notifications:enable_destination": own(),
    "notifications:disable_destination": own(),
    "notifications:remove_destination": own(),
    "notifications:deliveries": page(ADMINISTRATOR),
    "notifications:delivery": page(ADMINISTRATOR),
    "notifications:retry_delivery": press(ADMINISTRATOR),
    "notifications:settle_delivery": press(ADMINISTRATOR),
    "notifications:snooze": change(),
    "notifications:page": change(),
    "notifications:on_call_here": page(MEMBER),
    "notifications:answer_page": Row(PUBLIC, get=200, post=302),
    "notifications:bindings": page(MEMBER),
    "notifications:bind": change(),
    "notifications:calendars": page(ADMINISTRATOR),
    "notifications:add_calendar": press(ADMINISTRATOR),
    "notifications:change_calendar": Row(ADMINISTRATOR, get=200, post=302),
    "notifications:remove_calendar": press(ADMINISTRATOR),
    "notifications:fetch_calendar": press(ADMINISTRATOR),
    # -- post-mortems and action items ------------------------------------------------------------------
    "postmortems:postmortem": page(MEMBER),
    # editor
    "postmortems:save": press(RESPONDER),
    "postmortems:preview": press(RESPONDER, 200),
    "postmortems:latest": page(RESPONDER),
    "postmortems:insert": Row(RESPONDER, get=200, post=302),
    "postmortems:add_picture": press(RESPONDER),
    "postmortems:picture": page(MEMBER),
    "postmortems:versions": page(MEMBER),
    "postmortems:version": page(MEMBER),
    "postmortems:restore": press(RESPONDER),
    "postmortems:changes": page(MEMBER),
    "postmortems:settle_conflict": Row(RESPONDER, get=200, post=302),
    # the others
    "postmortems:library": page(MEMBER),
    "postmortems:actions": page(MEMBER),
    "postmortems:action_item": page(MEMBER),
    # insights
    "postmortems:insights": page(MEMBER),
    "postmortems:export_insights": page(MEMBER),
    "postmortems:behind": page(MEMBER),
    # document
    "postmortems:start": press(RESPONDER),  # it has one: that is where it leads
    "postmortems:export_markdown": page(MEMBER),
    "postmortems:export_html": page(MEMBER),
    "postmortems:export_pdf": page(MEMBER),
    "postmortems:export_json": page(MEMBER),
    "postmortems:export_record": page(MEMBER),
    # items
    "postmortems:item_row": Row(MEMBER, get=302),
    "postmortems:export_items": page(MEMBER),
    "postmortems:add_item": Row(RESPONDER, get=200, post=302),
    "postmortems:bulk_change_items": Row(RESPONDER, get=302, post=200),
    "postmortems:import_items": Row(RESPONDER, get=200, post=200),
    "postmortems:change_item": of_item(get=200),
    "postmortems:change_item_status": of_item(get=200),
    "postmortems:reopen_item": of_item(get=200),
    "postmortems:decide_drop": of_item(),
    "postmortems:add_item_link": of_item(),
    "postmortems:remove_item_link": of_item(),
    "postmortems:add_incident_item": change(),
    "postmortems:add_from_step": change(),
    "postmortems:add_from_line": press(RESPONDER, 200),
    # reminders
    "postmortems:due_dates": page(PUBLIC),
    "postmortems:published": page(PUBLIC),
    "postmortems:feeds": page(MEMBER),
    "postmortems:make_feed": press(MEMBER),
    "postmortems:revoke_feed": press(MEMBER),
    # review
    "postmortems:request_review": Row(RESPONDER, get=200, post=302),
    "postmortems:answer_review": Row(RESPONDER, get=200, post=302),
    "postmortems:withdraw_review": press(RESPONDER),
    "postmortems:comments": page(MEMBER),
    "postmortems:comment": control(),
    "postmortems:reply": Row(RESPONDER, get=200, post=302),
    "postmortems:settle_comment": press(RESPONDER),
    "postmortems:reopen_comment": press(RESPONDER),
    "postmortems:publish": Row(RESPONDER, get=200, post=302),
    "postmortems:take_back": Row(RESPONDER, get=200, post=409),  # it is not published
    "postmortems:discard": Row(RESPONDER, get=200, post=302),
    "postmortems:bring_back": press(RESPONDER),
    "postmortems:timeline": page(MEMBER),
    "postmortems:add_to_timeline": control(),
    "postmortems:correct_timeline": Row(RESPONDER, get=200, post=302),
    "postmortems:hide_event": press(RESPONDER),
    "postmortems:show_event": press(RESPONDER),
    "postmortems:hide_kind": press(RESPONDER),
    "postmortems:show_kind": press(RESPONDER),
    # -- what pages listen to -----------------------------------------------------------------------------
    "live:board": stream(),
    "live:poll_board": stream(),
    "live:incident": stream(),
    "live:poll_incident": stream(),
}
#: Routes that answer in their own way to methods that no page uses: those of allauth.
OTHER_METHODS: dict[str, dict[str, tuple[int, ...]]] = {
    "account_login": {"PUT": (302, 422), "DELETE": (302, 405)},
    "account_change_password": {"PUT": (422,)},
    "account_reset_password_from_key": {"PUT": (302,), "DELETE": (302,)},
}
